// Two parameters at a time: how good it is between the trials, or how each trial ranks.
import { useCallback, useMemo } from "react";
import { number } from "../format";
import { axesOf, jitter, placeOn } from "./axes";
import { base, Chart, tip, useColors, type Colors, type Instance, type Option } from "./Chart";
import { cellsOf, fieldOf, pixels, unit, type Cell, type Field, type Known } from "./field";
import { brushable, brushOf, clouds, trialOf, unmarked, type Cloud, type Spot } from "./cloud";
import { blank } from "./dots";
import { aboutTrial, thin, type Data, type Dimension, type Point } from "./points";
import { css, goodness, ranks, scaleOf } from "./scale";
import { useSelection } from "./selection";

/** More points than this are a carpet. */
const MOST = 2500;
/** Steps of colour in a contour. */
const BANDS = 14;
/** The worst is still to be seen as a point. */
const LEAST = 0.15;
/** The picture of a contour, in points of its own. */
const WIDTH = 420;
const HEIGHT = 280;

export type Mode = "contour" | "rank";

interface Props {
  data: Data;
  x: string;
  y: string;
  mode: Mode;
  height?: number;
  open: (trial: number) => void;
}

interface Item {
  point: Point;
  /** On the axes, before categories are spread. */
  x: number;
  y: number;
}

export function Pair({ data, x, y, mode, height = 380, open }: Props) {
  const c = useColors();
  const { chosen, choose } = useSelection();
  const [across, up] = [find(data, x), find(data, y)];
  const items = useMemo(() => itemsOf(data, x, y), [data, x, y]);
  // Worked out when it is drawn, and not again when trials are chosen.
  const ground = useMemo(() => once(() => (mode === "contour" ? groundOf(data, items, across, up, c) : [])), [mode, data, items, across, up, c]);
  const option = useCallback((): Option => {
    const spread = (dimension: Dimension, point: Point, seed: number) => (dimension.kind === "category" ? jitter(point.number + seed, 0.56) : 0);
    const spots = items.map(({ point, x: at, y: high }): Spot => [at + spread(across, point, 0), high + spread(up, point, 7919), point.number]);
    const look = items.length > 800 ? { size: 4, opacity: 0.5, width: 0.5 } : { size: 6, opacity: 0.9, width: 0.9 };
    const all = mode === "rank" ? ranked(data, items, spots, c) : [{ id: "points", spots, look: { ...look, color: c.surface, border: c.text2 } }];
    return {
      ...base(c),
      tooltip: {
        ...(base(c).tooltip as object),
        formatter: (it: { data: { cell?: Cell } }) => {
          const trial = trialOf(it);
          return trial !== null ? tip(...aboutTrial(data, trial)) : it.data.cell ? tip(...aboutCell(data, it.data.cell)) : "";
        },
      },
      brush: brushOf(c),
      grid: { left: 8, right: 18, top: 28, bottom: 22, containLabel: true },
      xAxis: axesOf(c, across, "bottom", { name: x, nameLocation: "middle", nameGap: 26, z: 5 }),
      yAxis: axesOf(c, up, "left", { name: y, nameLocation: "end", nameGap: 10, nameTextStyle: { align: "left", color: c.text3, fontSize: 11 }, z: 5 }),
      series: [
        ...ground(),
        ...clouds(all, chosen, 4),
      ],
    };
  }, [items, ground, mode, data, x, y, across, up, c, chosen]);
  const ready = (chart: Instance) => brushable(chart, open, (trials) => choose(trials, "pair"));
  const what = mode === "rank" ? "Rank of every trial" : `${data.metric} between the trials`;
  return <Chart option={option} height={height} label={`${what} by ${x} and ${y}`} ready={ready} elsewhere={{ who: "pair", act: unmarked }} />;
}

/** Trials of about the same rank have the same colour. */
function ranked(data: Data, items: Item[], spots: Spot[], c: Colors): Cloud[] {
  const shares = ranks(items.map((it) => it.point.objective!), data.goal);
  const scale = scaleOf(c.scale);
  const by = Array.from({ length: BANDS }, (): Spot[] => []);
  spots.forEach((spot, at) => by[Math.min(Math.floor(shares[at] * BANDS), BANDS - 1)].push(spot));
  // The better, the later drawn.
  const size = items.length > 800 ? 6 : 8;
  return by.map((some, band) => ({ id: `points ${band}`, spots: some, look: { size, color: css(scale(LEAST + ((1 - LEAST) * band) / (BANDS - 1))), border: c.border, width: 0.6, opacity: 0.9 } }));
}

function once<T>(make: () => T): () => T {
  let made: { it: T } | undefined;
  return () => (made ??= { it: make() }).it;
}

const find = (data: Data, name: string) => data.dimensions.find((it) => it.name === name)!;

function itemsOf(data: Data, x: string, y: string): Item[] {
  const [at, high] = [x, y].map((name) => data.dimensions.findIndex((it) => it.name === name));
  return thin(data, MOST).flatMap((point) => {
    const [across, up] = [point.values[at], point.values[high]];
    return across === null || up === null ? [] : [{ point, x: placeOn(data.dimensions[at], across), y: placeOn(data.dimensions[high], up) }];
  });
}

/** What lies below the points of a contour. */
function groundOf(data: Data, items: Item[], x: Dimension, y: Dimension, c: Colors): object[] {
  if (items.length < 3) return [];
  const objectives = items.map((it) => it.point.objective!);
  const good = goodness(objectives, data.goal);
  const spots = items.map((it): Known => ({ x: it.x, y: it.y, objective: it.point.objective! }));
  if (x.kind === "number" && y.kind === "number") {
    const smooth = fieldOf(spots.map((it) => ({ x: unit(x, it.x), y: unit(y, it.y), objective: it.objective })));
    return [pictured(paint(smooth, good, c), x, y)];
  }
  return [celled(cellsOf(spots, x, y, data.goal), good.of, c)];
}

/** The field as a picture: bands of colour with a line between them, fainter where little is known. */
function paint(field: Field, { worst, best }: { worst: number; best: number }, c: Colors): HTMLCanvasElement {
  const [canvas, context] = blank(WIDTH, HEIGHT);
  const image = context.createImageData(WIDTH, HEIGHT);
  const to = new Uint32Array(image.data.buffer);
  const scale = scaleOf(c.scale);
  const colors = Array.from({ length: BANDS }, (_, band) => scale(band / (BANDS - 1)));
  const plain = Uint32Array.from(colors, (color) => packed(color));
  const lines = Uint32Array.from(colors, (color) => packed(color.map((it) => Math.round(it * 0.82))));
  const steps = best === worst ? 0 : BANDS / (best - worst);
  const bands = new Int8Array(WIDTH * HEIGHT);
  pixels(field, WIDTH, HEIGHT, (at, value, known) => {
    const step = steps ? (value - worst) * steps : BANDS;
    const band = step < 0 ? 0 : step < BANDS ? step | 0 : BANDS - 1;
    bands[at] = band;
    const edge = (at >= WIDTH && bands[at - WIDTH] !== band) || (at % WIDTH > 0 && bands[at - 1] !== band);
    to[at] = (edge ? lines : plain)[band] | ((255 * known) << 24);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A colour as a pixel has it, but for how much it covers. */
const packed = ([r, g, b]: number[]) => r | (g << 8) | (b << 16);

function pictured(canvas: HTMLCanvasElement, x: Dimension, y: Dimension): object {
  return {
    id: "ground", type: "custom", silent: true, z: 1, data: [[x.min, y.min]], clip: true,
    renderItem: (_: unknown, api: { coord(at: [number, number]): [number, number] }) => {
      const [left, bottom] = api.coord([x.min, y.min]);
      const [right, top] = api.coord([x.max, y.max]);
      return { type: "image", silent: true, style: { image: canvas, x: left, y: top, width: right - left, height: bottom - top } };
    },
  };
}

function celled(cells: Cell[], good: (value: number) => number, c: Colors): object {
  const scale = scaleOf(c.scale);
  return {
    id: "ground", type: "custom", z: 1, clip: true, progressive: 0, data: cells.map((cell) => ({ value: [cell.x[0], cell.y[0]], cell })),
    renderItem: (params: { dataIndex: number }, api: { coord(at: [number, number]): [number, number] }) => {
      const cell = cells[params.dataIndex];
      const [left, bottom] = api.coord([cell.x[0], cell.y[0]]);
      const [right, top] = api.coord([cell.x[1], cell.y[1]]);
      return { type: "rect", shape: { x: left + 0.5, y: top + 0.5, width: right - left - 1, height: bottom - top - 1, r: 2 }, style: { fill: css(scale(good(cell.median))) } };
    },
  };
}

function aboutCell(data: Data, cell: Cell): [string, [string, string][]] {
  return [`${cell.trials} ${cell.trials === 1 ? "trial" : "trials"}`, [[`median ${data.metric}`, number(cell.median)], ["best", number(cell.best)]]];
}
