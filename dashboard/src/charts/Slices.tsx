// The objective over one parameter at a time.
import { useMemo } from "react";
import { number, scalar } from "../format";
import { axis, base, Chart, tip, useColors, type Colors, type Instance, type Option } from "./Chart";
import { brushable } from "./History";
import { about, thin, type Data, type Dimension, type Point } from "./points";
import { useSelection } from "./selection";

/** More points than this are a carpet at this size. */
const MOST = 1200;

export function Slice({ data, dimension, index, height = 210, open }: { data: Data; dimension: Dimension; index: number; height?: number; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const option = useMemo(() => slice(data, dimension, index, c, chosen), [data, dimension, index, c, chosen]);
  const ready = (chart: Instance) => brushable(chart, open, (trials) => choose(trials, `slice ${dimension.name}`));
  return <Chart option={option} height={height} label={`${data.metric} by ${dimension.name}`} ready={ready} />;
}

function slice(data: Data, dimension: Dimension, index: number, c: Colors, chosen: ReadonlySet<number> | null): Option {
  const points = thin(data, MOST).filter((it) => it.values[index] !== null);
  const category = dimension.kind === "category";
  const last = Math.max(data.points.at(-1)?.number ?? 1, 1);
  return {
    ...base(c),
    grid: { left: 4, right: 14, top: 12, bottom: 4, containLabel: true },
    tooltip: { ...(base(c).tooltip as object), trigger: "item", formatter: (it: { data: { point?: Point } }) => (it.data.point ? tip(...about(data, it.data.point)) : "") },
    brush: { toolbox: [], xAxisIndex: category ? 1 : 0, brushStyle: { color: "rgba(120,120,160,0.12)", borderColor: c.accent }, outOfBrush: {}, throttleType: "debounce", throttleDelay: 120 },
    xAxis: category
      ? [
          axis(c, { type: "category", data: dimension.categories, splitLine: { show: false }, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true, width: 110, overflow: "truncate" } }),
          { type: "value", min: -0.5, max: dimension.categories.length - 0.5, show: false, splitLine: { show: false } },
        ]
      : axis(c, { type: dimension.log ? "log" : "value", min: dimension.min, max: dimension.max, splitLine: { show: false }, axisLabel: { color: c.text3, fontSize: 11, hideOverlap: true, formatter: (at: number) => number(at, 3) } }),
    yAxis: axis(c, { type: "value", scale: true, splitNumber: 4, axisLabel: { color: c.text3, fontSize: 11, formatter: (at: number) => number(at, 4) } }),
    series: [
      {
        id: "points", type: "scatter", progressive: 0, xAxisIndex: category ? 1 : 0, symbolSize: points.length > 1500 ? 4 : 7,
        data: points.map((it) => {
          const faint = chosen && !chosen.has(it.number);
          // Later trials are darker: where the search went.
          const age = 0.25 + 0.65 * (it.number / last);
          const x = category ? dimension.categories.indexOf(scalar(it.values[index])) + jitter(it.number) : it.values[index];
          return { value: [x, it.objective], point: it, itemStyle: { color: c.point, opacity: faint ? 0.06 : age } };
        }),
      },
    ],
  };
}

/** Points of one value beside each other; the same trial always at the same place. */
export function jitter(seed: number, width = 0.5): number {
  const x = Math.sin(seed * 12.9898 + 4.1414) * 43758.5453;
  return (x - Math.floor(x) - 0.5) * width;
}
