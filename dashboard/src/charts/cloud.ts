// Trials as points: each a pair of places and the number of its trial. Where there are many, all that look alike are one drawing.
import type { Colors, Instance } from "./Chart";
import { dots, dotsIn, type Cloud, type Spot } from "./dots";

export type { Cloud, Spot };

/** From so many on in one chart, points are drawn together. */
const MANY = 300;
/** Those that are not chosen. */
const FAINT = 0.12;

/** Those that are chosen, or all, as they look; and the others, faint and below them. */
export function clouds(all: Cloud[], chosen: ReadonlySet<number> | null, z = 2): object[] {
  const some = chosen ? [...all.map((it) => others(it, chosen)), ...all.map((it) => ({ ...it, spots: it.spots.filter(([, , trial]) => chosen.has(trial)) }))] : all;
  // What is empty would cost as much as what is not.
  const seen = some.filter(({ spots }) => spots.length > 0);
  const count = seen.reduce((sum, { spots }) => sum + spots.length, 0);
  return count > MANY ? [dots(seen, z)] : seen.map((it) => scattered(it, z));
}

function others({ id, spots, look }: Cloud, chosen: ReadonlySet<number>): Cloud {
  return { id: `${id} others`, spots: spots.filter(([, , trial]) => !chosen.has(trial)), look: { ...look, opacity: FAINT * look.opacity } };
}

/** Each a thing of its own. */
function scattered({ id, spots, look }: Cloud, z: number): object {
  return {
    id, type: "scatter", symbol: look.height ? "rect" : "circle", symbolSize: look.height ? [look.size, look.height] : look.size, z, data: spots,
    itemStyle: { color: look.color, opacity: look.opacity, ...(look.border && { borderColor: look.border, borderWidth: look.width ?? 1 }) },
  };
}

/** The trial that an event or a tooltip is about; none on what is no point. */
export function trialOf(event: unknown): number | null {
  const { data, value } = event as { data?: unknown; value?: unknown };
  const picture = dotsIn(data);
  if (picture) return picture.pointed();
  return Array.isArray(value) && value.length === 3 ? (value[2] as number) : null;
}

/** How a rectangle looks that chooses trials. What it chooses is worked out here, not by the chart. */
export const brushOf = (c: Colors) => ({
  toolbox: [], xAxisIndex: 0, seriesIndex: [], brushStyle: { color: "rgba(120,120,160,0.12)", borderColor: c.accent }, outOfBrush: {}, throttleType: "debounce", throttleDelay: 120,
});

type Range = [from: number, to: number];
type Choose = (trials: number[] | null) => void;

/** A click opens a trial, a rectangle chooses those in it, a click beside them lets them go. */
export function brushable(chart: Instance, open: (trial: number) => void, choose: Choose) {
  chart.on("click", (event) => {
    const trial = trialOf(event);
    if (trial !== null) open(trial);
  });
  rectangle(chart, choose, ([x0, x1], [y0, y1]) => {
    const { series } = chart.getOption() as { series: { type: string; data?: unknown[] }[] };
    const spots = series.flatMap(({ type, data }) => (type === "scatter" ? (data as Spot[]) : (dotsIn(data?.[0])?.spots() ?? [])));
    return spots.filter(([x, y]) => x >= x0 && x <= x1 && y >= y0 && y <= y1).map(([, , trial]) => trial);
  });
}

/** A rectangle chooses the trials that are in it, a click beside them lets them go. */
export function rectangle(chart: Instance, choose: Choose, inside: (x: Range, y: Range) => number[]) {
  chart.on("brushEnd", (event) => {
    const [area] = (event as unknown as { areas: { coordRange?: [Range, Range] }[] }).areas;
    choose(area?.coordRange ? inside(...area.coordRange) : null);
  });
  armed(chart, "rect");
}

/** Charts on which a rectangle is to be seen. */
const marked = new WeakSet<Instance>();

/** Takes the rectangle away: other trials are chosen now. */
export function unmarked(chart: Instance) {
  if (marked.delete(chart)) chart.dispatchAction({ type: "brush", areas: [] });
}

/** Lets rectangles be drawn. That draws the chart anew: it is done when somebody points at it, and not for every chart of a page. */
export function armed(chart: Instance, brushType: "rect" | "lineX") {
  chart.on("brushEnd", () => void marked.add(chart));
  const arm = () => chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType, brushMode: "single" } });
  chart.getDom().addEventListener("pointerenter", arm, { once: true });
}
