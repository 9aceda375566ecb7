// Who looks at the page, and what they may do.
import { createContext, useContext, type ReactNode } from "react";
import type { Role, Session } from "../api/types";

const Context = createContext<Session | null>(null);
const ORDER: Role[] = ["viewer", "editor", "admin"];

export function Me({ value, children }: { value: Session; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

export function useMe(): Session {
  const me = useContext(Context);
  if (!me) throw new Error("nobody is known here");
  return me;
}

/** Whether the server would do for the caller what it asks of that role. */
export function useMay(role: Role): boolean {
  const me = useMe();
  return me.role !== null && me.role !== undefined && ORDER.indexOf(me.role) >= ORDER.indexOf(role);
}
