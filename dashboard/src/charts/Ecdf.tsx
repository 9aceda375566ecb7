// How the results are distributed: the share of trials whose objective is at most so much, of all and of those that are chosen.
import { useCallback, useMemo, useRef } from "react";
import { number } from "../format";
import { axis, base, Chart, tip, useColors, type Instance, type Option } from "./Chart";
import { armed, brushOf, unmarked } from "./cloud";
import type { Data, Point } from "./points";
import { useSelection } from "./selection";
import { stairs } from "./stairs";

/** More steps than this are a line. */
const MOST = 600;

export function Ecdf({ data, height = 408 }: { data: Data; height?: number }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const done = useMemo(() => data.points.filter((it) => it.state === "succeeded" && it.objective !== null), [data]);
  const option = useCallback((): Option => {
    const line = (name: string, points: Point[], color: string, width: number) => {
      const [data, z] = [steps(points), name === "selected" ? 4 : 3];
      return [
        { id: name, name, type: "line", step: "end", symbol: "none", data, lineStyle: { width: 0 }, itemStyle: { color }, areaStyle: { color, opacity: name === "selected" ? 0.1 : 0.06 }, z },
        stairs(`line ${name}`, data, { color, width }, z),
      ];
    };
    const some = chosen ? done.filter((it) => chosen.has(it.number)) : [];
    return {
      ...base(c),
      grid: { left: 4, right: 16, top: 14, bottom: 22, containLabel: true },
      tooltip: {
        ...(base(c).tooltip as object), trigger: "axis",
        formatter: (items: { seriesName: string; value: [number, number] }[]) => tip(`at most ${number(items[0]?.value[0])}`, items.map((it) => [it.seriesName === "selected" ? "of the selected" : "of all trials", `${(it.value[1] * 100).toFixed(1)} %`])),
      },
      brush: brushOf(c),
      xAxis: axis(c, { type: "value", scale: true, name: data.metric, nameLocation: "middle", nameGap: 26, splitLine: { show: false }, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true, formatter: (it: number) => number(it, 4) } }),
      yAxis: axis(c, { type: "value", min: 0, max: 1, axisLabel: { color: c.text3, fontSize: 11, formatter: (it: number) => `${Math.round(it * 100)} %` } }),
      series: [...line("all", done, chosen ? c.other : c.point, 2), ...(some.length ? line("selected", some, c.best, 2.4) : [])],
    };
  }, [done, data.metric, c, chosen]);
  const latest = useRef({ done, choose });
  latest.current = { done, choose };
  const ready = (chart: Instance) => {
    chart.on("brushEnd", (event) => {
      const [area] = (event as unknown as { areas: { coordRange?: [number, number] }[] }).areas;
      const { done: all, choose: set } = latest.current;
      if (!area?.coordRange) return set(null, "ecdf");
      const [low, high] = area.coordRange;
      set(all.filter((it) => it.objective! >= low && it.objective! <= high).map((it) => it.number), "ecdf");
    });
    armed(chart, "lineX");
  };
  return <Chart option={option} height={height} label={`Share of ${done.length} trials by ${data.metric}`} ready={ready} elsewhere={{ who: "ecdf", act: unmarked }} />;
}

/** A step up at every result, or at so many as can be told apart. */
function steps(points: Point[]): [number, number][] {
  const sorted = points.map((it) => it.objective!).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const stride = Math.max(Math.ceil(sorted.length / MOST), 1);
  const kept = sorted.flatMap((value, at): [number, number][] => (at % stride === 0 || at === sorted.length - 1 ? [[value, (at + 1) / sorted.length]] : []));
  return [[sorted[0], 0], ...kept];
}
