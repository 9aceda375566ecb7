// Every trial as a line through all its parameters to its objective. A range drawn on an axis chooses the trials that pass through it.
import { useCallback, useEffect, useMemo, useRef } from "react";
import { number, scalar } from "../format";
import { base, Chart, useColors, type Instance, type Option } from "./Chart";
import { thin, type Data, type Point } from "./points";
import { useSelection } from "./selection";

/** More lines than this are a carpet. */
const MOST_LINES = 500;
/** More axes than this cannot be told apart. */
const MOST_AXES = 14;

export function Parallel({ data, height = 330, axes }: { data: Data; height?: number; axes?: string[] }) {
  const c = useColors();
  const { chosen, by, choose } = useSelection();
  const shown = useMemo(() => data.dimensions.filter((it) => !axes || axes.includes(it.name)).slice(0, MOST_AXES), [data, axes]);
  const lines = useMemo(() => thin(data, MOST_LINES), [data]);
  const latest = useRef({ lines, choose });
  latest.current = { lines, choose };
  const instance = useRef<Instance>(null);
  const clearing = useRef(false);
  // Whatever is chosen elsewhere takes the place of what was drawn here.
  useEffect(() => {
    if (by === "parallel" || !instance.current || instance.current.isDisposed()) return;
    clearing.current = true;
    for (const id of [...shown.map((it) => `axis ${it.name}`), "objective"]) instance.current.dispatchAction({ type: "axisAreaSelect", parallelAxisId: id, intervals: [] });
    clearing.current = false;
  }, [chosen, by, shown]);
  // What is drawn on an axis here shows by itself; drawing anew would take the axis from under the pointer.
  const others = by === "parallel" ? null : chosen;
  const option = useCallback((): Option => {
    const objectives = lines.map((it) => it.objective!);
    const [low, high] = [Math.min(...objectives), Math.max(...objectives)];
    const share = (it: number) => (it - low) / (high - low);
    const good = (it: number) => (high > low ? (data.goal === "maximize" ? share(it) : 1 - share(it)) : 1);
    const at = new Map(data.dimensions.map((it, index) => [it.name, index]));
    // The better, the stronger, and the later drawn.
    const ordered = [...lines].sort((a, b) => good(a.objective!) - good(b.objective!));
    return {
      ...base(c),
      tooltip: { show: false },
      parallel: { left: 46, right: 84, top: 40, bottom: 26, parallelAxisDefault: { nameLocation: "start" } },
      parallelAxis: [
        ...shown.map((it, dim) => ({
          id: `axis ${it.name}`, dim, name: short(it.name), nameLocation: "end", nameGap: 14, nameTextStyle: { color: c.text2, fontSize: 11.5 },
          ...(it.kind === "category" ? { type: "category", data: it.categories } : { type: it.log ? "log" : "value", min: it.min, max: it.max }),
          axisLine: { lineStyle: { color: c.text3 } }, axisTick: { lineStyle: { color: c.border } },
          axisLabel: { color: c.text2, fontSize: 11, textBorderColor: c.surface, textBorderWidth: 3, formatter: (value: number | string) => (typeof value === "number" ? number(value, 3) : short(value)) },
          areaSelectStyle: { width: 16, color: c.accent, opacity: 0.25, borderColor: c.accent, borderWidth: 1 },
        })),
        {
          id: "objective", dim: shown.length, name: short(data.metric), nameLocation: "end", nameGap: 14, nameTextStyle: { color: c.text, fontSize: 11.5, fontWeight: 600 }, type: "value", scale: true,
          min: low, max: high > low ? high : low + 1, axisLine: { lineStyle: { color: c.text2 } }, axisTick: { lineStyle: { color: c.border } },
          axisLabel: { color: c.text2, fontSize: 11, textBorderColor: c.surface, textBorderWidth: 3, hideOverlap: true, formatter: (value: number) => number(value, 3) }, areaSelectStyle: { width: 16, color: c.accent, opacity: 0.25 },
        },
      ],
      series: [
        {
          id: "lines", type: "parallel", smooth: 0.15, progressive: 0, inactiveOpacity: 0.03, activeOpacity: 0.75,
          data: ordered.map((it) => {
            const strength = good(it.objective!);
            const faint = others && !others.has(it.number);
            return {
              point: it,
              value: [...shown.map((dimension) => cell(it, at.get(dimension.name)!, dimension.kind)), it.objective],
              lineStyle: { color: strength > 0.97 ? c.best : c.point, width: strength > 0.97 ? 2 : 1, opacity: faint ? 0.02 : 0.06 + 0.6 * strength ** 3 },
            };
          }),
        },
      ],
    };
  }, [lines, data, shown, c, others]);
  const ready = (chart: Instance) => {
    instance.current = chart;
    chart.on("axisareaselected", () => {
      if (clearing.current) return;
      const model = (chart as unknown as { getModel(): { getSeries(): { getRawIndicesByActiveState(state: string): number[]; getData(): { getRawDataItem(index: number): { point: Point } } }[] } }).getModel();
      const series = model.getSeries()[0];
      const active = series.getRawIndicesByActiveState("active");
      const all = series.getRawIndicesByActiveState("normal").length > 0;
      latest.current.choose(all ? null : active.map((index) => series.getData().getRawDataItem(index).point.number), "parallel");
    });
  };
  return <Chart option={option} height={height} label={`Parameters and objective of ${lines.length} trials as parallel coordinates`} ready={ready} />;
}

const short = (text: string) => (text.length > 18 ? `${text.slice(0, 17)}…` : text);

function cell(point: Point, index: number, kind: "number" | "category"): number | string {
  const value = point.values[index];
  if (value === null) return "-";
  return kind === "number" ? (value as number) : scalar(value);
}
