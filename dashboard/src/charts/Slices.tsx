// The objective over one parameter at a time.
import { useCallback } from "react";
import { number } from "../format";
import { axesOf, jitter, placeOn } from "./axes";
import { axis, base, Chart, tip, useColors, type Colors, type Instance, type Option } from "./Chart";
import { brushable, brushOf, clouds, trialOf, unmarked, type Spot } from "./cloud";
import { aboutTrial, thin, type Data, type Dimension } from "./points";
import { useSelection } from "./selection";

/** More points than this are a carpet at this size. */
const MOST = 1200;
/** So many shades tell how late a trial came. */
const AGES = 5;

export function Slice({ data, dimension, index, height = 210, open }: { data: Data; dimension: Dimension; index: number; height?: number; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const option = useCallback(() => slice(data, dimension, index, c, chosen), [data, dimension, index, c, chosen]);
  const ready = (chart: Instance) => brushable(chart, open, (trials) => choose(trials, `slice ${dimension.name}`));
  return <Chart option={option} height={height} label={`${data.metric} by ${dimension.name}`} ready={ready} elsewhere={{ who: `slice ${dimension.name}`, act: unmarked }} />;
}

function slice(data: Data, dimension: Dimension, index: number, c: Colors, chosen: ReadonlySet<number> | null): Option {
  const points = thin(data, MOST).filter((it) => it.values[index] !== null);
  const category = dimension.kind === "category";
  const last = Math.max(data.points.at(-1)?.number ?? 1, 1);
  const ages = Array.from({ length: AGES }, (): Spot[] => []);
  for (const it of points) {
    const x = placeOn(dimension, it.values[index]!) + (category ? jitter(it.number) : 0);
    ages[Math.min(Math.floor((it.number / last) * AGES), AGES - 1)].push([x, it.objective!, it.number]);
  }
  return {
    ...base(c),
    grid: { left: 4, right: 14, top: 12, bottom: 4, containLabel: true },
    tooltip: { ...(base(c).tooltip as object), trigger: "item", formatter: (it: unknown) => (trialOf(it) === null ? "" : tip(...aboutTrial(data, trialOf(it)!))) },
    brush: brushOf(c),
    xAxis: axesOf(c, dimension, "bottom"),
    yAxis: axis(c, { type: "value", scale: true, splitNumber: 4, axisLabel: { color: c.text3, fontSize: 11, formatter: (at: number) => number(at, 4) } }),
    // Later trials are darker: where the search went.
    series: clouds(ages.map((spots, age) => ({ id: `points ${age}`, spots, look: { size: points.length > 600 ? 5 : 7, color: c.point, opacity: 0.25 + (0.65 * (age + 0.5)) / AGES } })), chosen),
  };
}
