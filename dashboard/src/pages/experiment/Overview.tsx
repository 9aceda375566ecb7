// What is the best, and how was it found.
import { useQuery } from "@tanstack/react-query";
import { Hourglass } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState, type CSSProperties } from "react";
import { useNavigate } from "react-router";
import { importance, points, tellsImportance } from "../../api/queries";
import type { Experiment, Spec } from "../../api/types";
import { History } from "../../charts/History";
import { Parallel } from "../../charts/Parallel";
import { toData, type Data, type Point } from "../../charts/points";
import { Slice } from "../../charts/Slices";
import { Timeline } from "../../charts/Timeline";
import { count, duration, number } from "../../format";
import { Card, Empty, ended, Failed, Loading, over, Stat } from "../../ui/parts";
import { Best } from "./Best";
import { Chosen } from "./Chosen";
import { Importances } from "./Importances";
import { Pairs } from "./Pairs";

/** So many slices are shown at once; the user chooses others. */
const MOST_SLICES = 8;

export function Overview({ of, spec }: { of: Experiment; spec: Spec }) {
  const found = useQuery(points(of.name));
  const important = useQuery({ ...importance(of.name), enabled: tellsImportance(of) });
  const data = useMemo(() => (found.data ? toData(found.data, spec, of.goal, of.metric) : null), [found.data, spec, of.goal, of.metric]);
  const navigate = useNavigate();
  const root = `/experiments/${encodeURIComponent(of.name)}/trials`;
  const open = useMemo(() => (trial: number) => void navigate(`${root}/${trial}`), [navigate, root]);
  const shares = useMemo(() => {
    return (important.data?.parameters ?? []).map(({ name, share }): [string, number] => [name, share]);
  }, [important.data]);
  const order = useMemo(() => shares.map(([name]) => name), [shares]);
  const axes = useMemo(() => (order.length ? order.slice(0, 12) : undefined), [order]);
  // The answer first; what explains it, as soon as that is there.
  const rest = useDeferredValue(data !== null, false);
  if (found.error && !data) return <Failed error={found.error} again={() => void found.refetch()} />;
  if (!data) return <Loading height={480} />;
  const some = data.points.some((it) => it.objective !== null);
  const done = over(of.state);
  return (
    <div className="stack" aria-busy={!rest || important.isLoading}>
      <Numbers of={of} spec={spec} data={data} />
      {!some && (
        <div className="card">
          <Empty icon={Hourglass} title={done ? "No results" : of.trials.total === 0 ? "No trials yet" : "No results yet"}>
            <p>{done ? "It came to its end without a trial that has an objective." : of.trials.total === 0 ? "Trials appear here as soon as they begin." : "Charts appear here as soon as a trial has reported its objective."}</p>
          </Empty>
        </div>
      )}
      {some && (
        <div className="grid">
          <Card className={of.best ? "c8" : ""} title="Objective" hint={data.points.length < data.total ? `${count(data.points.length)} of ${count(data.total)} trials drawn` : "draw a rectangle to select trials"} tools={<Legend data={data} over={done} />}>
            <History data={data} height={of.best ? 340 : 300} open={open} />
          </Card>
          {of.best && <Best of={of} best={of.best} className="c4" />}
          {rest && (
            <>
              <Card title="Parameters" hint="draw along an axis to select trials" className={shares.length || important.isLoading ? "c8" : ""}>
                <Parallel data={data} axes={axes} />
              </Card>
              {shares.length > 0 && (
                <Importances of={of} shares={shares} />
              )}
              <Chosen data={data} root={root} />
              <Pairs data={data} order={order} open={open} />
              <Slices data={data} order={order} open={open} />
            </>
          )}
        </div>
      )}
      {rest && data.points.some((it) => it.started !== null) && (
        <Card title="Timeline" hint="when each trial ran, on the places it had; draw a rectangle to select trials">
          <Timeline data={data} open={open} />
        </Card>
      )}
    </div>
  );
}

function Legend({ data, over }: { data: Data; over: boolean }) {
  const has = (state: string) => data.points.some((it) => it.state === state);
  return (
    <div className="legend" aria-hidden="true">
      <span><i className="line" style={{ background: "var(--best)" }} />{over ? "best" : "best so far"}</span>
      <span><i style={{ background: "var(--point)" }} />succeeded</span>
      {has("early_stopped") && <span><i className="hollow" style={{ borderColor: "var(--point-early)" }} />stopped early</span>}
      {has("failed") && <span><i style={{ background: "var(--point-failed)", borderRadius: 1, width: 4 }} />failed</span>}
      {has("running") && <span><i style={{ background: "var(--point-running)", borderRadius: 1, width: 4 }} />running</span>}
    </div>
  );
}

function Numbers({ of, spec, data }: { of: Experiment; spec: Spec; data: Data }) {
  const now = useClock(of.state === "running");
  const done = ended(of.trials);
  const seconds = of.state === "running" && of.started_at && of.driven ? Math.max(of.active_seconds, 0) || (now - Date.parse(of.started_at)) / 1000 : of.active_seconds;
  const rate = of.state === "running" ? recentRate(data.points, now / 1000) : null;
  const left = spec.max_trials ? spec.max_trials - done : null;
  const saved = useMemo(() => savedByStopping(data.points), [data.points]);
  return (
    <dl className="stats">
      <Stat label={`Best ${of.metric}`} note={of.goal === "maximize" ? "maximize" : "minimize"}>{of.best ? number(of.best.objective, 6) : "–"}</Stat>
      <Stat label="Finished trials" note={spec.max_trials ? `of ${count(spec.max_trials)}` : undefined}>{count(done)}</Stat>
      <Stat label="Running" note={of.trials.queued ? `${count(of.trials.queued)} queued` : undefined}>{count(of.trials.running)}</Stat>
      <Stat label="Failed">{count(of.trials.failed)}</Stat>
      {(of.trials.early_stopped > 0 || saved) && <Stat label="Stopped early" note={saved ? `saved about ${duration(saved)}` : undefined}>{count(of.trials.early_stopped)}</Stat>}
      {of.state === "running" ? (
        <Stat label="Time left" note={rate ? `${number(rate * 60, 3)} trials/min` : undefined}>{left !== null && rate ? `~ ${duration(left / rate)}` : "–"}</Stat>
      ) : (
        <Stat label="Time">{duration(seconds)}</Stat>
      )}
      <Stat label="Algorithm" note={spec.early_stopping && spec.early_stopping.name !== "none" ? `+ ${spec.early_stopping.name}` : undefined}>{spec.algorithm?.name ?? "auto"}</Stat>
    </dl>
  );
}

/** The time, about every second, while it matters. */
function useClock(running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

/** Trials a second, over the last of them. */
function recentRate(points: Point[], now: number): number | null {
  const ends = points.map((it) => it.finished).filter((it) => it !== null).sort((a, b) => a - b).slice(-31);
  if (ends.length < 3) return null;
  const span = Math.max(now, ends.at(-1)!) - ends[0];
  return span > 0 ? (ends.length - 1) / span : null;
}

/** How much longer the trials that were stopped early would have run, had they taken as long as those that were not. */
function savedByStopping(points: Point[]): number | null {
  const took = (it: Point) => (it.started !== null && it.finished !== null ? it.finished - it.started : null);
  const stopped = points.filter((it) => it.state === "early_stopped").map(took).filter((it) => it !== null);
  if (!stopped.length) return null;
  const full = points.filter((it) => it.state === "succeeded").map(took).filter((it) => it !== null).sort((a, b) => a - b);
  if (!full.length) return null;
  const median = full[Math.floor(full.length / 2)];
  const saved = stopped.reduce((sum, it) => sum + Math.max(median - it, 0), 0);
  return saved > 0 ? saved : null;
}

/** So many beside each other that rows are about equally long. */
const evenly = (all: number) => Math.ceil(all / Math.ceil(all / 4));

function Slices({ data, order, open }: { data: Data; order: string[]; open: (trial: number) => void }) {
  const names = useMemo(() => {
    const known = data.dimensions.map((it) => it.name);
    return [...order.filter((it) => known.includes(it)), ...known.filter((it) => !order.includes(it))];
  }, [data, order]);
  const [wanted, setWanted] = useState("");
  const shown = names.slice(0, MOST_SLICES);
  if (wanted && !shown.includes(wanted)) shown.splice(MOST_SLICES - 1, 1, wanted);
  const tools = names.length > MOST_SLICES && (
    <select className="select small" aria-label="Show the slice of" value={wanted} onChange={(event) => setWanted(event.target.value)}>
      <option value="">{names.length} parameters</option>
      {names.map((it) => <option key={it} value={it}>{it}</option>)}
    </select>
  );
  return (
    <Card title="Slices" hint={`${data.metric} by one parameter at a time; later trials are darker`} tools={tools}>
      <div className="boxes" style={{ "--most": evenly(shown.length) } as CSSProperties}>
        {shown.map((name) => {
          const index = data.dimensions.findIndex((it) => it.name === name);
          return (
            <div key={name} style={{ minWidth: 0 }}>
              <h3 className="break">{name}</h3>
              <Slice data={data} dimension={data.dimensions[index]} index={index} open={open} />
            </div>
          );
        })}
      </div>
    </Card>
  );
}
