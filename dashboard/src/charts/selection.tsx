// Which trials are chosen: the same in all charts and tables of a page.
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";

/** So many are shown side by side: more lines than this on one chart cannot be told apart. */
export const MOST_BESIDE = 8;

interface Selection {
  /** Null: nobody has chosen, all count. */
  chosen: ReadonlySet<number> | null;
  /** Where the choice was made: that chart is not told again. */
  by: string;
  choose: (trials: Iterable<number> | null, by: string) => void;
}

const Context = createContext<Selection>({ chosen: null, by: "", choose: () => undefined });

export function SelectionOfTrials({ children }: { children: ReactNode }) {
  const [{ chosen, by }, set] = useState<{ chosen: ReadonlySet<number> | null; by: string }>({ chosen: null, by: "" });
  const value = useMemo<Selection>(() => ({ chosen, by, choose: (trials, who) => set({ chosen: trials === null ? null : new Set(trials), by: who }) }), [chosen, by]);
  return <Context value={value}>{children}</Context>;
}

export const useSelection = () => useContext(Context);
