// A page whose code is in a file of its own, shown as soon as that is there. React's own way (lazy, Suspense) holds back what comes within 300 ms of
// the sign that something is loading, and that is most of what a page takes.
import { useEffect, useState, type ComponentType } from "react";
import { Failed, Loading } from "../ui/parts";

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

const loaded = new Map<unknown, unknown>();

/** The code, once for all who ask. */
async function code<Props>(load: Load<Props>): Promise<void> {
  loaded.set(load, (await load()).default);
}

/** What else it is given, the page is. */
export function Coded<Props extends object>({ of, ...given }: { of: Load<Props> } & Props) {
  const [, setLast] = useState<Load<Props> | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    setError(null);
    code(of).then(() => setLast(() => of), setError);
  }, [of]);
  const Page = loaded.get(of) as ComponentType<Props> | undefined;
  if (Page) return <Page {...(given as unknown as Props)} />;
  return error ? <Failed error={error} again={() => window.location.reload()} /> : <Loading />;
}
