// Every trial's objective in the order in which they came, and the best so far. Failed trials, which have none, lie at the bottom.
import { useMemo } from "react";
import { number } from "../format";
import { about, records, type Data, type Point } from "./points";
import { axis, base, Chart, tip, useColors, type Instance, type Option } from "./Chart";
import { useSelection } from "./selection";

const FAINT = 0.14;

export function History({ data, height = 320, open }: { data: Data; height?: number; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const option = useMemo<Option>(() => {
    const line = records(data);
    const bound = extent(data.points);
    const of = (state: string) => data.points.filter((it) => it.state === state && it.objective !== null);
    const item = (it: Point) => ({ value: [it.number, it.objective], point: it, itemStyle: chosen && !chosen.has(it.number) ? { opacity: FAINT } : undefined });
    const opacity = data.points.length > 2000 ? 0.45 : 0.8;
    const size = data.points.length > 2000 ? 4 : data.points.length > 300 ? 6 : 8;
    const without = data.points.filter((it) => it.objective === null && ["failed", "cancelled", "running", "early_stopped"].includes(it.state));
    const last = data.points.at(-1)?.number ?? 0;
    return {
      ...base(c),
      grid: { left: 8, right: 18, top: 26, bottom: 6, containLabel: true },
      tooltip: { ...(base(c).tooltip as object), trigger: "item", formatter: (it: { data: { point?: Point } }) => (it.data.point ? tip(...about(data, it.data.point)) : "") },
      brush: { toolbox: [], xAxisIndex: 0, brushStyle: { color: "rgba(120,120,160,0.12)", borderColor: c.accent }, outOfBrush: {}, throttleType: "debounce", throttleDelay: 120 },
      xAxis: axis(c, { type: "value", min: 0, max: Math.max(last, 1), minInterval: 1, splitLine: { show: false }, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true } }),
      yAxis: axis(c, { type: "value", scale: true, name: data.metric, nameGap: 10, nameTextStyle: { color: c.text3, fontSize: 11, align: "left" }, axisLabel: { color: c.text3, fontSize: 11, showMinLabel: false, showMaxLabel: false, formatter: (it: number) => number(it, 4) }, min: bound[0], max: bound[1] }),
      series: [
        { id: "succeeded", type: "scatter", progressive: 0, symbolSize: size, itemStyle: { color: c.point, opacity }, data: of("succeeded").map(item), large: false },
        { id: "early", type: "scatter", progressive: 0, symbolSize: size - 1, itemStyle: { color: "transparent", borderColor: c.early, borderWidth: 1.4, opacity }, data: of("early_stopped").map(item) },
        { id: "without", type: "scatter", progressive: 0, symbol: "rect", symbolSize: [3, 9], data: without.map((it) => ({ value: [it.number, bound[0]], point: it, itemStyle: { color: it.state === "running" ? c.running : it.state === "early_stopped" ? c.early : it.state === "failed" ? c.failed : c.other, opacity: chosen && !chosen.has(it.number) ? FAINT : 0.9 } })), cursor: "pointer", z: 4 },
        {
          id: "best", type: "line", step: "end", symbol: "none", silent: true, z: 5, lineStyle: { color: c.best, width: 2 },
          data: line.length ? [...line.map((it) => [it.trial, it.objective]).sort((a, b) => a[0] - b[0]).reduce<number[][]>((all, it) => (all.length && !(data.goal === "maximize" ? it[1] > all.at(-1)![1] : it[1] < all.at(-1)![1]) ? all : [...all, it]), []), [last, line.at(-1)!.objective]] : [],
        },
      ],
    };
  }, [data, c, chosen]);
  const ready = (chart: Instance) => brushable(chart, open, (trials) => choose(trials, "history"));
  return <Chart option={option} height={height} label={`Objective of every trial and the best so far, ${data.points.length} points`} ready={ready} />;
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

/** A click opens a trial, a rectangle chooses those in it, a click beside them lets them go. */
export function brushable(chart: Instance, open: (trial: number) => void, choose: (trials: number[] | null) => void) {
  chart.on("click", (event) => {
    const point = (event as { data?: { point?: Point } }).data?.point;
    if (point) open(point.number);
  });
  chart.on("brushEnd", (event) => {
    const areas = (event as unknown as { areas: { coordRange: [[number, number], [number, number]] }[] }).areas;
    if (!areas.length || !areas[0].coordRange) return choose(null);
    const [[x0, x1], [y0, y1]] = areas[0].coordRange;
    const series = (chart.getOption() as { series: { data: { value: [number, number]; point?: Point }[] }[] }).series;
    const inside = series.flatMap((it) => it.data ?? []).filter((it) => it.point && it.value[0] >= x0 && it.value[0] <= x1 && it.value[1] >= y0 && it.value[1] <= y1);
    choose(inside.map((it) => it.point!.number));
  });
  chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "rect", brushMode: "single" } });
}
