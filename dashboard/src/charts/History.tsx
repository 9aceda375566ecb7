// Every trial's objective in the order in which they came, and the best so far. Failed trials, which have none, lie at the bottom.
import { useCallback } from "react";
import { digitsOf, number } from "../format";
import { aboutTrial, records, type Data, type Point } from "./points";
import { brushable, brushOf, clouds, trialOf, unmarked, type Spot } from "./cloud";
import { axis, base, Chart, tip, useColors, type Instance, type Option } from "./Chart";
import { useSelection } from "./selection";
import { stairs } from "./stairs";

export function History({ data, height = 320, open }: { data: Data; height?: number; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const option = useCallback((): Option => {
    const bound = extent(data.points);
    const of = (state: string) => data.points.filter((it) => it.state === state && it.objective !== null).map((it): Spot => [it.number, it.objective!, it.number]);
    const many = data.points.length > 2000;
    const digits = digitsOf(bound[0] ?? 0, bound[1] ?? 1);
    const [size, opacity] = [many ? 4 : data.points.length > 300 ? 6 : 8, many ? 0.45 : 0.8];
    const without = (state: string) => data.points.filter((it) => it.state === state && it.objective === null).map((it): Spot => [it.number, bound[0]!, it.number]);
    const marks = Object.entries({ failed: c.failed, early_stopped: c.early, running: c.running, cancelled: c.other });
    const last = data.points.at(-1)?.number ?? 0;
    return {
      ...base(c),
      grid: { left: 8, right: 18, top: 26, bottom: 6, containLabel: true },
      tooltip: { ...(base(c).tooltip as object), trigger: "item", formatter: (it: unknown) => (trialOf(it) === null ? "" : tip(...aboutTrial(data, trialOf(it)!))) },
      brush: brushOf(c),
      xAxis: axis(c, { type: "value", min: 0, max: Math.max(last, 1), minInterval: 1, splitLine: { show: false }, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true } }),
      yAxis: axis(c, { type: "value", scale: true, name: data.metric, nameGap: 10, nameTextStyle: { color: c.text3, fontSize: 11, align: "left" }, axisLabel: { color: c.text3, fontSize: 11, showMinLabel: false, showMaxLabel: false, formatter: (it: number) => number(it, digits) }, min: bound[0], max: bound[1] }),
      series: [
        ...clouds([
          { id: "succeeded", spots: of("succeeded"), look: { size, color: c.point, opacity } },
          { id: "early", spots: of("early_stopped"), look: { size: size - 1, color: "transparent", border: c.early, width: 1.4, opacity } },
          ...marks.map(([state, color]) => ({ id: state, spots: without(state), look: { size: 3, height: 9, color, opacity: 0.9 } })),
        ], chosen),
        stairs("best", bestSoFar(data, last), { color: c.best, width: 2 }),
      ],
    };
  }, [data, c, chosen]);
  const ready = (chart: Instance) => brushable(chart, open, (trials) => choose(trials, "history"));
  return <Chart option={option} height={height} label={`Objective of every trial and the best so far, ${data.points.length} points`} ready={ready} elsewhere={{ who: "history", act: unmarked }} />;
}

/** In the order of the trials, which is not the one in which they ended: only what is better than all before it; and on to the last of them. */
function bestSoFar(data: Data, last: number): [number, number][] {
  const better = (a: number, b: number) => (data.goal === "maximize" ? a > b : a < b);
  const line: [number, number][] = [];
  for (const { trial, objective } of records(data).sort((a, b) => a.trial - b.trial)) {
    if (!line.length || better(objective, line.at(-1)![1])) line.push([trial, objective]);
  }
  return line.length ? [...line, [last, line.at(-1)![1]]] : [];
}

/** A little room around what is shown, so that no point is cut. */
function extent(points: Point[]): [number | undefined, number | undefined] {
  let [low, high] = [Infinity, -Infinity];
  for (const it of points) {
    if (it.objective === null) continue;
    low = Math.min(low, it.objective);
    high = Math.max(high, it.objective);
  }
  if (!Number.isFinite(low)) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - room, high + room];
}
