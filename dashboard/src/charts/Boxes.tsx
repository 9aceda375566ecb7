// The results of several groups beside each other: a box for where half of them lie, and every result as a point.
import { useCallback } from "react";
import { number } from "../format";
import { jitter } from "./axes";
import { axis, base, Chart, tip, useColors, type Instance, type Option } from "./Chart";
import { brushable, brushOf, clouds, trialOf, unmarked, type Cloud, type Spot } from "./cloud";
import { aboutTrial, type Data, type Point } from "./points";
import { useSelection } from "./selection";

/** More points than this in a group say nothing more. */
const MOST = 1500;

/** The box as it is drawn: its lines end at the last results that are not far out. */
function whiskers({ five, points }: Cluster): number[] | null {
  if (!five) return null;
  const [, q1, median, q3] = five;
  const far = 1.5 * (q3 - q1);
  const near = points.map((it) => it.objective!).filter((it) => it >= q1 - far && it <= q3 + far);
  return near.length ? [Math.min(...near, q1), q1, median, q3, Math.max(...near, q3)] : five;
}

export interface Cluster {
  name: string;
  points: Point[];
  /** Least, lower quartile, median, upper quartile, largest. */
  five: number[] | null;
}

export function Boxes({ data, clusters, open }: { data: Data; clusters: Cluster[]; open: (trial: number) => void }) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const option = useCallback((): Option => {
    const names = clusters.map((it) => it.name);
    const all = clusters.map((cluster, at): Cloud => {
      const stride = Math.ceil(cluster.points.length / MOST) || 1;
      const spots = cluster.points.filter((_, index) => index % stride === 0).map((it): Spot => [at + jitter(it.number, 0.44), it.objective!, it.number]);
      return { id: `points ${at}`, spots, look: { size: 6, color: c.series[at % c.series.length], opacity: 0.5 } };
    });
    return {
      ...base(c),
      tooltip: {
        ...(base(c).tooltip as object),
        formatter: (it: { data: { value: number[] }; name: string }) => {
          const trial = trialOf(it);
          if (trial !== null) return tip(...aboutTrial(data, trial));
          const [, low, q1, middle, q3, high] = it.data.value;
          return tip(it.name, [["upper quartile", number(q3)], ["median", number(middle)], ["lower quartile", number(q1)], ["most lie in", `${number(low)} … ${number(high)}`]]);
        },
      },
      brush: { ...brushOf(c), xAxisIndex: 1 },
      xAxis: [
        axis(c, { type: "category", data: names, splitLine: { show: false }, axisLabel: { color: c.text2, fontSize: 12, width: 150, overflow: "truncate", interval: 0 } }),
        { type: "value", min: -0.5, max: names.length - 0.5, show: false, splitLine: { show: false } },
      ],
      yAxis: axis(c, { type: "value", scale: true, axisLabel: { color: c.text3, fontSize: 11, formatter: (it: number) => number(it, 4) } }),
      grid: { left: 8, right: 14, top: 14, bottom: 6, containLabel: true },
      series: [
        {
          type: "boxplot", boxWidth: [30, 130], z: 1,
          data: clusters.map((it, at) => ({ value: whiskers(it) ?? [NaN, NaN, NaN, NaN, NaN], itemStyle: { color: c.surface2, borderColor: c.series[at % c.series.length], borderWidth: 1.6 } })),
        },
        ...clouds(all, chosen, 3).map((it) => ({ ...it, xAxisIndex: 1 })),
      ],
    };
  }, [data, clusters, c, chosen]);
  const ready = (chart: Instance) => brushable(chart, open, (trials) => choose(trials, "boxes"));
  const words = clusters.map((it) => `${it.name}: median ${it.five ? number(it.five[2]) : "unknown"}`).join("; ");
  return <Chart option={option} height={360} label={`${data.metric} by group. ${words}`} ready={ready} elsewhere={{ who: "boxes", act: unmarked }} />;
}
