// Trials and their steps as a grid: a column for each trial, a row for each step, coloured by how it went. Only the columns in sight exist, and
// what they show is asked for some hundred trials at a time.
import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { LayoutGrid } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { Link, useNavigate } from "react-router";
import { grid, GRID_PAGE } from "../../api/queries";
import type { Experiment, Grid as Page, Spec, StepState, TrialState } from "../../api/types";
import { count, duration, words } from "../../format";
import { Card, Empty } from "../../ui/parts";
import { nodesOf } from "../trial/Graph";

const COLUMN = 18;
const ROW = 24;
/** How high the bar of the trial that took longest is. */
const BAR = 56;

const LEGEND: [StepState | TrialState, string][] = [
  ["succeeded", "succeeded"], ["running", "running"], ["failed", "failed"], ["timed_out", "timed out"], ["skipped", "skipped"], ["cancelled", "cancelled"], ["early_stopped", "stopped early"],
];

export default function Grid({ experiment: of, spec }: { experiment: Experiment; spec: Spec }) {
  const steps = useMemo(() => nodesOf(spec).map((it) => it.name), [spec]);
  if (!steps.length || of.trials.total === 0) {
    return (
      <div className="card">
        <Empty icon={LayoutGrid} title={steps.length ? "No trials yet" : "No steps"}>
          <p>{steps.length ? "Trials appear here as soon as they begin." : "The trials of this experiment are run by clients, without a pipeline."}</p>
        </Empty>
      </div>
    );
  }
  return <Cells of={of} steps={steps} />;
}

/** Where the keyboard is: row 0 is the trial itself. */
interface Place {
  trial: number;
  row: number;
}

function Cells({ of, steps }: { of: Experiment; steps: string[] }) {
  const total = of.trials.total;
  const place = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const [at, setAt] = useState<Place>({ trial: total - 1, row: 1 });
  const columns = useVirtualizer({ horizontal: true, count: total, getScrollElement: () => place.current, estimateSize: () => COLUMN, overscan: 20, initialOffset: total * COLUMN });
  const shown = columns.getVirtualItems();
  const pages = usePages(of.name, shown[0]?.index ?? total - 1, shown.at(-1)?.index ?? total - 1);
  const root = `/experiments/${encodeURIComponent(of.name)}/trials`;
  const address = (trial: number, row: number) => (row === 0 ? `${root}/${trial}` : `${root}/${trial}?step=${encodeURIComponent(steps[row - 1])}`);
  const longest = longestOf(pages, shown);
  // The newest are what one comes for; who looks at them sees those that come.
  const before = useRef(0);
  useEffect(() => {
    const { scrollLeft, clientWidth } = place.current!;
    if (scrollLeft + clientWidth >= (before.current - 2) * COLUMN) columns.scrollToIndex(total - 1, { align: "end" });
    before.current = total;
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [total]);
  const go = (trial: number, row: number) => {
    const next = { trial: Math.min(Math.max(trial, 0), total - 1), row: Math.min(Math.max(row, 0), steps.length) };
    setAt(next);
    columns.scrollToIndex(next.trial);
  };
  const keys = (event: KeyboardEvent) => {
    const screen = Math.max(Math.floor((place.current?.clientWidth ?? 0) / COLUMN) - 2, 1);
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [at.trial - 1, at.row], ArrowRight: [at.trial + 1, at.row], ArrowUp: [at.trial, at.row - 1], ArrowDown: [at.trial, at.row + 1],
      Home: [0, at.row], End: [total - 1, at.row], PageUp: [at.trial - screen, at.row], PageDown: [at.trial + screen, at.row],
    };
    const move = moves[event.key];
    if (move) go(...move);
    else if (event.key === "Enter") void navigate(address(at.trial, at.row));
    else return;
    event.preventDefault();
  };
  const state = (trial: number, row: number) => {
    const page = pages.get(Math.floor(trial / GRID_PAGE));
    const index = trial % GRID_PAGE;
    return row === 0 ? page?.state[index] : (page?.steps[steps[row - 1]]?.[index] ?? undefined);
  };
  const cell = (trial: number, start: number, row: number) => {
    const it = state(trial, row);
    const took = pages.get(Math.floor(trial / GRID_PAGE))?.duration[trial % GRID_PAGE];
    const name = row === 0 ? "" : `, ${steps[row - 1]}`;
    const text = `Trial ${trial}${name}: ${it ? words(it) : "not yet"}${row === 0 && took != null ? `, ${duration(took)}` : ""}`;
    const current = at.trial === trial && at.row === row;
    const height = row === 0 ? Math.max(took != null && longest ? (BAR * took) / longest : 0, it ? 4 : 0) : undefined;
    return (
      <div
        key={trial} id={current ? "grid-current" : undefined} role="gridcell" title={text} aria-colindex={trial + 2} className={`cell ${row === 0 ? "whole" : ""} ${current ? "current" : ""}`}
        style={{ transform: `translateX(${start}px)` }} data-state={it}
      >
        <Link to={address(trial, row)} tabIndex={-1} aria-label={text}><i style={{ height }} /></Link>
      </div>
    );
  };
  return (
    <Card title="Trials and their steps" hint="the newest on the right; choose a square to see that step" tools={<Tools total={total} go={(trial) => go(trial, at.row)} />} flush>
      <div className="stepgrid">
        <div className="names" aria-hidden="true">
          <div style={{ height: BAR + 22 }}>duration</div>
          {steps.map((it) => <div key={it} style={{ height: ROW }} title={it}>{it}</div>)}
        </div>
        <div
          ref={place} className="cells" role="grid" tabIndex={0} aria-label="Trials and their steps" aria-colcount={total + 1} aria-rowcount={steps.length + 1}
          aria-activedescendant="grid-current" onKeyDown={keys}
        >
          <div style={{ width: columns.getTotalSize(), position: "relative" }} role="presentation">
            <div className="numbers" aria-hidden="true">
              {shown.filter((it) => it.index % 10 === 0).map((it) => <span key={it.index} style={{ transform: `translateX(${it.start}px)` }}>{count(it.index)}</span>)}
            </div>
            {[...steps.keys(), steps.length].map((row) => (
              <div key={row} role="row" aria-rowindex={row + 1} style={{ height: row === 0 ? BAR : ROW, position: "relative" }}>
                {shown.map((it) => cell(it.index, it.start, row))}
              </div>
            ))}
          </div>
        </div>
      </div>
      <div className="legend" style={{ padding: "0 16px 14px" }} aria-hidden="true">
        {LEGEND.map(([it, text]) => <span key={it}><i className="square" data-state={it} />{text}</span>)}
      </div>
    </Card>
  );
}

function Tools({ total, go }: { total: number; go: (trial: number) => void }) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (/^\d+$/.test(text.trim())) go(Number(text));
  };
  return (
    <form className="row tight" onSubmit={submit}>
      <span className="field" style={{ width: 168, height: 28 }}><input aria-label="Go to trial" placeholder={`Trial, 0 to ${count(total - 1)}`} inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} /></span>
      <button className="btn small">Go</button>
    </form>
  );
}

/** The pages that the columns from `first` to `last` are of, as far as they are there. */
function usePages(name: string, first: number, last: number): Map<number, Page> {
  const [from, to] = [Math.floor(first / GRID_PAGE), Math.floor(last / GRID_PAGE)];
  const wanted = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const found = useQueries({ queries: wanted.map((page) => grid(name, page)) });
  return new Map(wanted.flatMap((page, index) => (found[index].data ? [[page, found[index].data] as [number, Page]] : [])));
}

/** The bars of what is in sight are drawn against the longest of them. */
function longestOf(pages: Map<number, Page>, shown: { index: number }[]): number {
  return shown.reduce((most, it) => Math.max(most, pages.get(Math.floor(it.index / GRID_PAGE))?.duration[it.index % GRID_PAGE] ?? 0), 0);
}

