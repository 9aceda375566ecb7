// What a step printed: its last part, live while the step runs, to be searched.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, ChevronDown, ChevronUp, Download, Search } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { address } from "../../api/addresses";
import { raw, Refused } from "../../api/client";
import type { Step } from "../../api/types";
import { useVisible } from "../../app/visible";
import { bytes } from "../../format";
import { explain } from "../../ui/toast";
import { plain, spans } from "./ansi";

/** Of a longer log only the end is shown; the whole can be downloaded. */
const TAIL = 2 << 20;
/** And no more lines, nor longer ones. */
const MOST_LINES = 50_000;
const LONGEST_LINE = 4000;
const LINE = 20;

interface Props {
  experiment: string;
  trial: number;
  step: Step;
  /** Called when more has been printed. */
  grown?: () => void;
}

export function Log({ experiment, trial, step, grown }: Props) {
  const [attempt, setAttempt] = useState(step.attempt);
  useEffect(() => setAttempt(step.attempt), [step.attempt, step.step]);
  const running = step.state === "running" && attempt === step.attempt;
  const { lines, note, cut } = useLog(experiment, trial, step.step, attempt, running, grown);
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.toLowerCase());
  const [at, setAt] = useState(0);
  const hits = useMemo(() => (wanted ? lines.flatMap((line, index) => (plain(line).toLowerCase().includes(wanted) ? [index] : [])) : []), [lines, wanted]);
  const hitSet = useMemo(() => new Set(hits), [hits]);
  const [following, setFollowing] = useState(true);
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => place.current, estimateSize: () => LINE, overscan: 30 });
  useEffect(() => {
    if (following && lines.length && !wanted) virtual.scrollToIndex(lines.length - 1, { align: "end" });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [lines.length, following, wanted]);
  const go = (to: number) => {
    if (!hits.length) return;
    const next = (to + hits.length) % hits.length;
    setAt(next);
    virtual.scrollToIndex(hits[next], { align: "center" });
  };
  useEffect(() => {
    setAt(0);
    if (hits.length) virtual.scrollToIndex(hits[0], { align: "center" });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wanted]);
  const onScroll = () => {
    const it = place.current!;
    setFollowing(it.scrollHeight - it.scrollTop - it.clientHeight < 2 * LINE);
  };
  const url = address(["experiments", experiment, "trials", trial, "steps", step.step, "log"], { attempt });
  return (
    <>
      <div className="row" style={{ padding: "10px 16px" }}>
        <label className="field" style={{ width: 240, height: 30 }}>
          <Search size={14} aria-hidden="true" />
          <span className="visually-hidden">Search the log</span>
          <input type="search" placeholder="Search the log" value={search} onChange={(event) => setSearch(event.target.value)} onKeyDown={(event) => event.key === "Enter" && go(at + (event.shiftKey ? -1 : 1))} />
        </label>
        {wanted && (
          <span className="row tight">
            <span className="muted" role="status">{hits.length ? `${at + 1} of ${hits.length}` : "nothing"}</span>
            <button className="btn small icon ghost" aria-label="Previous" onClick={() => go(at - 1)}><ChevronUp size={15} aria-hidden="true" /></button>
            <button className="btn small icon ghost" aria-label="Next" onClick={() => go(at + 1)}><ChevronDown size={15} aria-hidden="true" /></button>
          </span>
        )}
        <div className="grow" />
        {cut && <span className="muted">the last {bytes(TAIL)}</span>}
        {running && <span className="badge" data-tone="busy">live</span>}
        {step.attempt > 1 && (
          <select className="select small" aria-label="Attempt" value={attempt} onChange={(event) => setAttempt(Number(event.target.value))}>
            {Array.from({ length: step.attempt }, (_, index) => <option key={index} value={index + 1}>attempt {index + 1}</option>)}
          </select>
        )}
        {!following && lines.length > 0 && (
          <button className="btn small" onClick={() => { setFollowing(true); virtual.scrollToIndex(lines.length - 1, { align: "end" }); }}>
            <ArrowDownToLine size={14} aria-hidden="true" /> End
          </button>
        )}
        <a className="btn small" href={url} download={`${experiment}-${trial}-${step.step}-${attempt}.log`}><Download size={14} aria-hidden="true" /> Download</a>
      </div>
      <div className="log mono" ref={place} style={{ height: lines.length * LINE + 24 }} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label={`Log of ${step.step}`}>
        {note && <div style={{ padding: "8px 16px", color: "#8b95a1" }}>{note}</div>}
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => (
            <div key={item.key} className={`line ${hitSet.has(item.index) ? "hit" : ""} ${hits[at] === item.index ? "now" : ""}`} style={{ transform: `translateY(${item.start}px)` }}>
              <span className="n" aria-hidden="true">{item.index + 1}</span>
              <Line text={lines[item.index]} wanted={wanted} />
            </div>
          ))}
        </div>
      </div>
    </>
  );
}

function Line({ text, wanted }: { text: string; wanted: string }) {
  const whole = plain(text);
  if (wanted && whole.toLowerCase().includes(wanted)) {
    const from = whole.toLowerCase().indexOf(wanted);
    return <>{whole.slice(0, from)}<mark>{whole.slice(from, from + wanted.length)}</mark>{whole.slice(from + wanted.length)}</>;
  }
  return spans(text).map((it, index) => <span key={index} style={{ color: it.color, background: it.background, fontWeight: it.bold ? 700 : undefined }}>{it.text}</span>);
}

/** The lines of a log; while the step runs, as they come. */
function useLog(experiment: string, trial: number, step: string, attempt: number, running: boolean, grown?: () => void) {
  const visible = useVisible() || !running;
  const [state, setState] = useState<{ lines: string[]; note: string; cut: boolean }>({ lines: [], note: "", cut: false });
  const onGrown = useRef(grown);
  onGrown.current = grown;
  useEffect(() => {
    if (attempt < 1) {
      setState({ lines: [], note: "The step has not begun.", cut: false });
      return;
    }
    // What has been read stays; more of it comes when the page is looked at again.
    if (running && !visible) return;
    const abort = new AbortController();
    const read = async () => {
      const url = address(["experiments", experiment, "trials", trial, "steps", step, "log"], { attempt, tail: TAIL, follow: running || undefined });
      const response = await raw(url, { signal: abort.signal });
      const reader = response.body!.getReader();
      const decoder = new TextDecoder();
      const buffer = new Lines();
      let size = 0;
      let shown = 0;
      const show = () => {
        shown = performance.now();
        setState({ lines: buffer.all(), note: "", cut: size >= TAIL });
      };
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        buffer.add(decoder.decode(value, { stream: true }));
        onGrown.current?.();
        // What is already there comes in many pieces: it is drawn a few times, not once for each.
        if (performance.now() - shown > 100) show();
      }
      show();
      if (buffer.empty) setState({ lines: [], note: "It printed nothing.", cut: false });
    };
    read().catch((error: unknown) => {
      if (abort.signal.aborted) return;
      const missing = error instanceof Refused && error.status === 404;
      setState((old) => ({ ...old, note: missing ? "There is no log of it here." : explain(error) }));
    });
    return () => abort.abort();
  }, [experiment, trial, step, attempt, running, visible]);
  return state;
}

class Lines {
  private done: string[] = [];
  private rest = "";

  get empty() {
    return this.done.length === 0 && this.rest === "";
  }

  add(text: string) {
    const parts = (this.rest + text).split("\n");
    this.rest = parts.pop() ?? "";
    for (const part of parts) this.done.push(short(part));
    if (this.done.length > MOST_LINES) this.done.splice(0, this.done.length - MOST_LINES);
    // A line without an end must not grow for ever.
    if (this.rest.length > 4 * LONGEST_LINE && !this.rest.includes("\r")) this.rest = short(this.rest);
    else if (this.rest.length > 4 * LONGEST_LINE) this.rest = this.rest.slice(-LONGEST_LINE);
  }

  all(): string[] {
    return this.rest ? [...this.done, short(this.rest)] : [...this.done];
  }
}

const short = (line: string) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} … (${line.length - LONGEST_LINE} more characters)` : line);
