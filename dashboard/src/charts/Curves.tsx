// Metrics over levels (epochs, folds …), one line for each series.
import { useCallback } from "react";
import type { Metric } from "../api/types";
import { digitsOf, number, toNumber } from "../format";
import { axis, base, Chart, tip, useColors, type Option } from "./Chart";

export interface Curve {
  name: string;
  points: [number, number][];
}

/** What was reported of a metric, by level; the last report of a level counts, and what is no number leaves a gap. */
export function curve(name: string, reports: Metric[]): Curve {
  const by = new Map<number, number>();
  for (const it of reports) {
    const [level, value] = [toNumber(it.level), toNumber(it.value)];
    if (level !== null && value !== null) by.set(level, value);
  }
  const points = [...by].sort((a, b) => a[0] - b[0]);
  return { name, points: points.map(([level, value]): [number, number] => [level, Number.isFinite(value) ? value : NaN]) };
}

export function Curves({ curves, height = 220, label }: { curves: Curve[]; height?: number; label: string }) {
  const c = useColors();
  const option = useCallback((): Option => {
    const values = curves.flatMap((it) => it.points.map(([, value]) => value)).filter(Number.isFinite);
    const digits = digitsOf(values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity));
    const longest = Math.max(...curves.map((it) => it.points.length), 0);
    return {
      ...base(c),
      grid: { left: 4, right: 16, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        ...(base(c).tooltip as object), trigger: "axis",
        formatter: (items: { seriesName: string; value: [number, number] }[]) => tip(`level ${number(items[0]?.value[0])}`, items.slice(0, 12).map((it) => [it.seriesName, number(it.value[1], 6)])),
      },
      xAxis: axis(c, { type: "value", minInterval: 1, min: "dataMin", max: "dataMax", splitLine: { show: false } }),
      yAxis: axis(c, { type: "value", scale: true, axisLabel: { color: c.text3, fontSize: 11, formatter: (it: number) => number(it, digits) } }),
      series: curves.map((it, at) => ({
        type: "line", name: it.name, data: it.points, showSymbol: longest < 30, symbol: "circle", symbolSize: 5, sampling: "lttb", connectNulls: false,
        lineStyle: { width: 1.8, color: c.series[at % c.series.length] }, itemStyle: { color: c.series[at % c.series.length] },
      })),
    };
  }, [curves, c]);
  return <Chart option={option} height={height} label={label} />;
}
