// Trials as points: each a pair of places and the number of its trial. Where there are many, all that look alike are one drawing.
import type { Colors, Instance } from "./Chart";

/** Where it lies, and which trial it is. */
export type Spot = [x: number, y: number, trial: number];

/** From so many on in one chart, points are drawn together. */
const MANY = 300;

interface Look {
  size: number;
  color: string;
  opacity: number;
  border?: string;
  width?: number;
  z?: number;
  /** How many points the chart has in all its clouds. */
  all: number;
}

export function cloud(id: string, spots: Spot[], look: Look): object {
  return {
    id, type: "scatter", progressive: 0, large: look.all > MANY, largeThreshold: 0, symbolSize: look.size, z: look.z ?? 2, data: spots,
    itemStyle: { color: look.color, opacity: look.opacity, ...(look.border && { borderColor: look.border, borderWidth: look.width ?? 1 }) },
  };
}

/** Those that are chosen, or all, as they look; and the others, faint and below them. */
export function clouds(id: string, spots: Spot[], chosen: ReadonlySet<number> | null, look: Look, faint = 0.12): object[] {
  const of = (is: boolean) => (chosen ? spots.filter((it) => chosen.has(it[2]) === is) : is ? spots : []);
  const both: [string, Spot[], Look][] = [[`${id} others`, of(false), { ...look, opacity: faint * look.opacity, z: (look.z ?? 2) - 0.5 }], [id, of(true), look]];
  // What is empty would cost as much as what is not.
  return both.filter(([, some]) => some.length > 0).map(([name, some, how]) => cloud(name, some, how));
}

/** The trial that an event or a tooltip is about; none on what is no point. */
export function trialOf(event: unknown): number | null {
  const { value } = event as { value?: unknown };
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
    const { series } = chart.getOption() as { series: { type: string; data: unknown[] }[] };
    const spots = series.filter((it) => it.type === "scatter").flatMap((it) => it.data as Spot[]);
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
