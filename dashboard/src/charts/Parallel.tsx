// Every trial as a line through all its parameters to its objective. A range drawn on an axis chooses the trials that pass through it.
import { useCallback, useEffect, useMemo, useRef } from "react";
import { number } from "../format";
import { placeOn } from "./axes";
import { base, Chart, useColors, type Instance, type Option } from "./Chart";
import { blank } from "./dots";
import { thin, type Data, type Dimension, type Point } from "./points";
import { useSelection } from "./selection";

/** More lines than this are a carpet. */
const MOST_LINES = 500;
/** More axes than this cannot be told apart. */
const MOST_AXES = 14;
/** Room left and right of the axes, and the least between two of them. */
const [LEFT, RIGHT, LEAST_GAP] = [46, 84, 64];
/** How far below the axes lines pass where a parameter was not active. */
const BELOW = 15;
/** How wide a letter is, about. */
const LETTER = 6.3;
/** How round a line is where it meets an axis. */
const ROUND = 0.15;

export function Parallel({ data, height = 330, axes }: { data: Data; height?: number; axes?: string[] }) {
  const c = useColors();
  const { chosen, by, choose } = useSelection();
  const shown = useMemo(() => data.dimensions.filter((it) => !axes || axes.includes(it.name)).slice(0, MOST_AXES), [data, axes]);
  const lines = useMemo(() => thin(data, MOST_LINES), [data]);
  const latest = useRef({ lines, shown, data, choose });
  latest.current = { lines, shown, data, choose };
  const instance = useRef<Instance>(null);
  const clearing = useRef(false);
  const marked = useRef(false);
  // Whatever is chosen elsewhere takes the place of what was drawn here.
  useEffect(() => {
    if (by === "parallel" || !marked.current || !instance.current || instance.current.isDisposed()) return;
    marked.current = false;
    clearing.current = true;
    for (const id of [...shown.map((it) => `axis ${it.name}`), "objective"]) instance.current.dispatchAction({ type: "axisAreaSelect", parallelAxisId: id, intervals: [] });
    clearing.current = false;
  }, [chosen, by, shown]);
  // What is drawn on an axis here shows by itself; drawing anew would take the axis from under the pointer.
  const others = by === "parallel" ? null : chosen;
  const option = useCallback((chart: Instance): Option => {
    const objectives = lines.map((it) => it.objective!);
    const [low, high] = [Math.min(...objectives), Math.max(...objectives)];
    const share = (it: number) => (it - low) / (high - low);
    const good = (it: number) => (high > low ? (data.goal === "maximize" ? share(it) : 1 - share(it)) : 1);
    // The better, the stronger, and the later drawn.
    const ordered = [...lines].sort((a, b) => good(a.objective!) - good(b.objective!));
    const drawn = ordered.map((it): Line => {
      const strength = good(it.objective!);
      const best = strength > 0.97;
      return { values: placesOf(it, shown, data), color: best ? c.best : c.point, width: best ? 2 : 1, opacity: others && !others.has(it.number) ? 0.02 : 0.06 + 0.6 * strength ** 3 };
    });
    const gap = (chart.getWidth() - LEFT - RIGHT) / shown.length;
    const [title, label] = [gap / LETTER, (gap - 12) / LETTER];
    const bottom = drawn.some((it) => it.values.includes(null)) ? 26 + BELOW : 26;
    return {
      ...base(c),
      tooltip: { show: false },
      parallel: { left: LEFT, right: RIGHT, top: 40, bottom, parallelAxisDefault: { nameLocation: "start" } },
      parallelAxis: [
        ...shown.map((it, dim) => ({
          id: `axis ${it.name}`, dim, name: short(it.name, title), nameLocation: "end", nameGap: 14, nameTextStyle: { color: c.text2, fontSize: 11.5 },
          ...(it.kind === "category" ? { type: "category", data: it.categories } : { type: it.log ? "log" : "value", min: it.min, max: it.max }),
          axisLine: { lineStyle: { color: c.text3 } }, axisTick: { lineStyle: { color: c.border } },
          axisLabel: { color: c.text2, fontSize: 11, textBorderColor: c.surface, textBorderWidth: 3, formatter: (value: number | string) => (typeof value === "number" ? number(value, 3) : short(value, label)) },
          areaSelectStyle: { width: 16, color: c.accent, opacity: 0.25, borderColor: c.accent, borderWidth: 1 },
        })),
        {
          id: "objective", dim: shown.length, name: short(data.metric, title), nameLocation: "end", nameGap: 14, nameTextStyle: { color: c.text, fontSize: 11.5, fontWeight: 650 }, type: "value", scale: true,
          min: low, max: high > low ? high : low + 1, axisLine: { lineStyle: { color: c.text2 } }, axisTick: { lineStyle: { color: c.border } },
          axisLabel: { color: c.text2, fontSize: 11, textBorderColor: c.surface, textBorderWidth: 3, hideOverlap: true, formatter: (value: number) => number(value, 3) }, areaSelectStyle: { width: 16, color: c.accent, opacity: 0.25 },
        },
      ],
      series: [
        {
          id: "lines", type: "custom", coordinateSystem: "none", silent: true, z: 1, data: [0],
          renderItem: () => {
            const space = spaceOf(chart);
            const active = space && passing(space, drawn);
            const strength = (line: Line, index: number) => (active ? (active[index] ? 0.75 : 0.03) : line.opacity);
            return { type: "image", silent: true, style: { image: paint(chart, space, drawn, strength, { y: chart.getHeight() - 26, color: c.text3 }), x: 0, y: 0, width: chart.getWidth(), height: chart.getHeight() } };
          },
        },
      ],
    };
  }, [lines, data, shown, c, others]);
  const ready = (chart: Instance) => {
    instance.current = chart;
    chart.on("axisareaselected", () => {
      if (clearing.current) return;
      marked.current = true;
      const { lines, shown, data, choose } = latest.current;
      const active = passing(spaceOf(chart)!, lines.map((it) => ({ values: placesOf(it, shown, data) })));
      choose(active && lines.filter((_, index) => active[index]).map((it) => it.number), "parallel");
    });
  };
  return (
    <div className="scroll">
      <div style={{ minWidth: LEFT + RIGHT + LEAST_GAP * shown.length }}>
        <Chart option={option} height={height} label={`Parameters and objective of ${lines.length} trials as parallel coordinates`} ready={ready} />
      </div>
    </div>
  );
}

/** At most that many letters, and never more than 18. */
function short(text: string, letters: number) {
  const most = Math.max(4, Math.min(18, Math.floor(letters)));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** A line as it is drawn: where it meets each axis, if it does. */
interface Line {
  values: (number | null)[];
  color: string;
  width: number;
  opacity: number;
}

/** By the axes from left to right, the objective last; categories by their position. */
function placesOf(point: Point, shown: Dimension[], data: Data): (number | null)[] {
  const place = (dimension: Dimension) => {
    const value = point.values[data.dimensions.indexOf(dimension)];
    return value === null ? null : placeOn(dimension, value);
  };
  return [...shown.map(place), point.objective];
}

/** The axes as the chart has laid them out. */
interface Space {
  dimensions: string[];
  getAxis(dimension: string): { model: { getActiveState(value?: number): "normal" | "active" | "inactive" } };
  dataToPoint(value: number, dimension: string): [number, number];
}

function spaceOf(chart: Instance): Space | undefined {
  const { getModel } = chart as unknown as { getModel(): { getComponent(kind: string): { coordinateSystem?: Space } | undefined } };
  return getModel.call(chart).getComponent("parallel")?.coordinateSystem;
}

/** Which lines pass through all ranges that are drawn on axes; null where none is. */
function passing(space: Space, lines: Pick<Line, "values">[]): boolean[] | null {
  const axes = space.dimensions.map((it) => space.getAxis(it).model);
  if (axes.every((it) => it.getActiveState() === "normal")) return null;
  return lines.map(({ values }) => axes.every((it, at) => it.getActiveState(values[at] ?? NaN) !== "inactive"));
}

/** All lines as one picture: as many things of their own would take long to draw. Where a parameter was not active, a line passes below its axis. */
function paint(chart: Instance, space: Space | undefined, lines: Line[], strength: (line: Line, index: number) => number, below: { y: number; color: string }): HTMLCanvasElement {
  const scale = window.devicePixelRatio;
  const [canvas, context] = blank(chart.getWidth() * scale, chart.getHeight() * scale);
  context.scale(scale, scale);
  if (!space) return canvas;
  const somewhere = (at: number) => lines.find((it) => it.values[at] !== null)?.values[at] ?? 1;
  const across = space.dimensions.map((it, at) => space.dataToPoint(somewhere(at), it)[0]);
  if (lines.some((it) => it.values.includes(null))) {
    [context.fillStyle, context.font] = [below.color, "11px sans-serif"];
    context.fillText("not active", 0, below.y + 4, LEFT - 4);
  }
  lines.forEach((line, index) => {
    const places = line.values.map((value, at): [number, number] => (value === null ? [across[at], below.y] : space.dataToPoint(value, space.dimensions[at])));
    [context.strokeStyle, context.lineWidth, context.globalAlpha] = [line.color, line.width, strength(line, index)];
    context.beginPath();
    trace(context, places);
    context.stroke();
  });
  return canvas;
}

/** A little rounded where it meets an axis. */
function trace(context: CanvasRenderingContext2D, places: [number, number][]) {
  let [fromX, fromY] = places[0] ?? [0, 0];
  context.moveTo(fromX, fromY);
  for (let at = 1; at < places.length; at += 1) {
    const [[lastX, lastY], [x, y], next] = [places[at - 1], places[at], places[at + 1]];
    if (!next) {
      context.bezierCurveTo(fromX, fromY, x, y, x, y);
      continue;
    }
    const [before, after] = [Math.hypot(x - lastX, y - lastY), Math.hypot(next[0] - x, next[1] - y)];
    const [dx, dy] = [((next[0] - lastX) * ROUND) / (before + after), ((next[1] - lastY) * ROUND) / (before + after)];
    context.bezierCurveTo(fromX, fromY, x - dx * before, y - dy * before, x, y);
    [fromX, fromY] = [x + dx * after, y + dy * after];
  }
}
