// A page whose code is in a file of its own, shown as soon as that is there. React's own way (lazy, Suspense) holds back what comes within 300 ms of
// the sign that something is loading, and that is most of what a page takes.
import { useEffect, useState, type ComponentType } from "react";
import { Failed, Loading } from "../ui/parts";

type Load = () => Promise<{ default: ComponentType }>;

const loaded = new Map<Load, ComponentType>();

/** The code, once for all who ask. */
export async function code(load: Load): Promise<void> {
  loaded.set(load, (await load()).default);
}

export function Coded({ of }: { of: Load }) {
  const [, setLast] = useState<Load | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    setError(null);
    code(of).then(() => setLast(() => of), setError);
  }, [of]);
  const Page = loaded.get(of);
  if (Page) return <Page />;
  return error ? <Failed error={error} again={() => window.location.reload()} /> : <Loading />;
}
