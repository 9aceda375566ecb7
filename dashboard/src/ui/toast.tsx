// What was done, or could not be: said in a corner, and to screen readers.
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from "react";
import { Refused } from "../api/client";

interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
}

const Context = createContext<(text: string, tone?: "good" | "bad") => void>(() => undefined);
const SHOWN_MS = 5000;

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(0);
  const add = useCallback((text: string, tone: "good" | "bad" = "good") => {
    const id = next.current++;
    setToasts((all) => [...all.slice(-3), { id, text, tone }]);
    setTimeout(() => setToasts((all) => all.filter((it) => it.id !== id)), SHOWN_MS);
  }, []);
  return (
    <Context value={add}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((it) => (
          <div key={it.id} className="toast" data-tone={it.tone}>
            {it.text}
          </div>
        ))}
      </div>
    </Context>
  );
}

export const useToast = () => useContext(Context);

/** An error in the server's words. */
export function explain(error: unknown): string {
  if (error instanceof Refused) return [error.message, ...error.hints].join(". ");
  return error instanceof Error ? error.message : String(error);
}
