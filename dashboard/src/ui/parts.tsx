// Small things that many pages are made of.
import { AlertTriangle, Check, Copy, SearchX, Unplug, type LucideIcon } from "lucide-react";
import { AlertDialog } from "radix-ui";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { Refused } from "../api/client";
import type { Counts, ExperimentState, StepState, TrialState } from "../api/types";
import { count, words } from "../format";
import { explain, useToast } from "./toast";

const TONES: Record<string, "good" | "bad" | "warn" | "busy" | undefined> = {
  succeeded: "good",
  running: "busy",
  failed: "bad",
  timed_out: "bad",
  early_stopped: "warn",
  paused: "warn",
};

export function StateBadge({ state, asked }: { state: ExperimentState | TrialState | StepState; asked?: string | null }) {
  const text = asked === "pause" ? "pausing" : asked === "cancel" ? "cancelling" : words(state);
  return (
    <span className="badge" data-tone={TONES[state]}>
      {text}
    </span>
  );
}

const PARTS: [keyof Counts, string][] = [
  ["succeeded", "var(--best)"],
  ["early_stopped", "var(--point-early)"],
  ["failed", "var(--point-failed)"],
  ["cancelled", "var(--point-other)"],
  ["running", "var(--point-running)"],
];

/** How many trials stand where, of how many there may be. */
export function TrialBar({ counts, most }: { counts: Counts; most?: number | null }) {
  const total = Math.max(most ?? 0, counts.total, 1);
  const text = PARTS.filter(([key]) => counts[key] > 0).map(([key]) => `${counts[key]} ${words(key)}`);
  return (
    <div className="bar" role="img" aria-label={text.join(", ") || "no trials yet"} title={text.join(", ")}>
      {PARTS.map(([key, color]) => counts[key] > 0 && <i key={key} style={{ width: `${(100 * counts[key]) / total}%`, background: color }} />)}
    </div>
  );
}

/** Whether nothing more comes of it. */
export const over = (state: ExperimentState) => ["succeeded", "failed", "cancelled"].includes(state);

export const ended = (counts: Counts) => counts.succeeded + counts.early_stopped + counts.failed + counts.cancelled;

export function Card({ title, hint, tools, children, className = "", flush }: { title?: ReactNode; hint?: ReactNode; tools?: ReactNode; children: ReactNode; className?: string; flush?: boolean }) {
  return (
    <section className={`card ${className}`}>
      {title && (
        <header>
          <h2>
            {title}
            {hint && <span className="hint">{hint}</span>}
          </h2>
          {tools}
        </header>
      )}
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

export function Stat({ label, children, note }: { label: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="stat">
      <dt>{label}</dt>
      <dd>
        {children}
        {note && <small>{note}</small>}
      </dd>
    </div>
  );
}

export function Empty({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon size={30} strokeWidth={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ height = 320 }: { height?: number }) {
  return (
    <div role="status">
      <span className="visually-hidden">Loading</span>
      <div className="skeleton" style={{ height }} />
    </div>
  );
}

export function NotFound({ what }: { what: string }) {
  return (
    <Empty icon={SearchX} title={`There is no such ${what}`}>
      <p>
        It may have been deleted. <Link to="/">All experiments</Link>
      </p>
    </Empty>
  );
}

export function Failed({ error, again, what = "page" }: { error: unknown; again?: () => void; what?: string }) {
  if (error instanceof Refused && error.status === 404) return <NotFound what={what} />;
  return (
    <Empty icon={Unplug} title="This cannot be shown right now">
      <p>{explain(error)}</p>
      {again && (
        <button className="btn" onClick={again}>
          Try again
        </button>
      )}
    </Empty>
  );
}

export function Warning({ children, tone = "bad" }: { children: ReactNode; tone?: "bad" | "warn" }) {
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : undefined}>
      <AlertTriangle size={16} aria-hidden="true" />
      <div className="grow break">{children}</div>
    </div>
  );
}

export function CopyButton({ text, label, small = true }: { text: () => string; label: string; small?: boolean }) {
  const [done, setDone] = useState(false);
  const toast = useToast();
  const copy = async () => {
    try {
      await copyText(text());
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      toast("The browser does not let this page copy", "bad");
    }
  };
  return (
    <>
      <button className={`btn ${small ? "small" : ""}`} onClick={() => void copy()} aria-label={`Copy as ${label}`}>
        {done ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
        {label}
      </button>
      <span role="status" className="visually-hidden">{done && `Copied as ${label}`}</span>
    </>
  );
}

/** Browsers give pages without HTTPS no clipboard, unless they are of this machine. */
async function copyText(text: string) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

export interface Question {
  title: string;
  text: ReactNode;
  yes: string;
  danger?: boolean;
  act: () => Promise<unknown>;
}

/** Asks before something is done that cannot be undone. */
export function Confirm({ question, close }: { question: Question | null; close: () => void }) {
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    try {
      await question?.act();
    } catch (error) {
      toast(explain(error), "bad");
    }
    setBusy(false);
    close();
  };
  return (
    <AlertDialog.Root open={question !== null} onOpenChange={(open) => !open && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title asChild>
            <h2>{question?.title}</h2>
          </AlertDialog.Title>
          <AlertDialog.Description asChild>
            <p>{question?.text}</p>
          </AlertDialog.Description>
          <footer>
            <AlertDialog.Cancel className="btn">Keep it</AlertDialog.Cancel>
            <button className={`btn ${question?.danger ? "danger filled" : "primary"}`} disabled={busy} onClick={() => void act()}>
              {question?.yes}
            </button>
          </footer>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** One of a few. */
export function Segments<T extends string>({ label, value, options, change }: { label: string; value: T; options: { value: T; text: string; count?: number }[]; change: (value: T) => void }) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((it) => (
        <button key={it.value} aria-pressed={it.value === value} onClick={() => change(it.value)}>
          {it.text}
          {it.count !== undefined && <span>{count(it.count)}</span>}
        </button>
      ))}
    </div>
  );
}
