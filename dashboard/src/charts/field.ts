// What the objective is like between the trials, over two parameters: a smooth field where both are numbers, a grid of cells where one is not.
import type { Dimension } from "./points";

/** Places per side at which the field is worked out; its picture lies smoothly between them. */
const GRID = 60;
/** A range of numbers beside categories is cut into so many pieces. */
const PIECES = 14;

/** A place, and what was found there. */
export interface Known {
  x: number;
  y: number;
  objective: number;
}

/** Where a number lies between the ends of its parameter. */
export function unit(dimension: Dimension, value: number): number {
  const place = dimension.log ? Math.log : (it: number) => it;
  const [low, high] = [place(dimension.min), place(dimension.max)];
  return high > low ? (place(value) - low) / (high - low) : 0.5;
}

/** What is known at each place of a grid, row by row from below. */
export interface Field {
  /** The mean of the results around a place, near ones counting more. */
  value: Float64Array;
  /** How much is known there, from 0 (nothing) to 1. */
  known: Float64Array;
}

export function fieldOf(spots: Known[]): Field {
  // The more trials, the finer what they tell.
  const width = Math.max(0.035, 0.34 * spots.length ** -0.25);
  const sums = new Float64Array(GRID * GRID);
  const weights = new Float64Array(GRID * GRID);
  // Each counts at the four places around it; then both are spread along the rows and along the columns, which costs the same for any number.
  const count = (place: number, share: number, objective: number) => {
    weights[place] += share;
    sums[place] += share * objective;
  };
  for (const { x, y, objective } of spots) {
    const column = below(x);
    const row = below(y);
    const dx = x * (GRID - 1) - column;
    const dy = y * (GRID - 1) - row;
    const place = row * GRID + column;
    count(place, (1 - dx) * (1 - dy), objective);
    count(place + 1, dx * (1 - dy), objective);
    count(place + GRID, (1 - dx) * dy, objective);
    count(place + GRID + 1, dx * dy, objective);
  }
  spread(sums, width);
  spread(weights, width);
  const value = sums.map((sum, at) => sum / Math.max(weights[at], 1e-300));
  return { value, known: weights.map((weight) => weight / (weight + 0.25)) };
}

/** Every place hands on what it has, as a bell of this width, along both directions. */
function spread(grid: Float64Array, width: number) {
  const bell = Float64Array.from({ length: GRID }, (_, at) => Math.exp(-0.5 * (at / (GRID - 1) / width) ** 2));
  // Beyond four times its width there is nothing to see of it.
  const reach = Math.min(Math.ceil(4 * width * (GRID - 1)), GRID - 1);
  // With nothing beyond both ends.
  const line = new Float64Array(GRID + 2 * reach);
  for (const [step, next] of [[1, GRID], [GRID, 1]]) {
    for (let from = 0; from < GRID; from += 1) {
      for (let at = 0; at < GRID; at += 1) line[reach + at] = grid[from * next + at * step];
      for (let to = 0; to < GRID; to += 1) {
        const middle = reach + to;
        let sum = bell[0] * line[middle];
        for (let away = 1; away <= reach; away += 1) sum += bell[away] * (line[middle - away] + line[middle + away]);
        grid[from * next + to * step] = sum;
      }
    }
  }
}

/** Each pixel of a picture of this size, row by row from the top, with what lies there, smooth between the places of the grid. */
export function pixels({ value, known }: Field, wide: number, high: number, each: (pixel: number, value: number, known: number) => void) {
  const line = new Float64Array(2 * GRID);
  for (let row = 0, pixel = 0; row < high; row += 1) {
    const place = (1 - row / (high - 1)) * (GRID - 1);
    const from = below(place / (GRID - 1));
    const rest = place - from;
    for (let at = 0; at < GRID; at += 1) {
      line[at] = value[from * GRID + at] * (1 - rest) + value[(from + 1) * GRID + at] * rest;
      line[GRID + at] = known[from * GRID + at] * (1 - rest) + known[(from + 1) * GRID + at] * rest;
    }
    for (let column = 0; column < wide; column += 1, pixel += 1) {
      const across = (column * (GRID - 1)) / (wide - 1);
      const left = Math.min(across | 0, GRID - 2);
      const share = across - left;
      each(pixel, line[left] * (1 - share) + line[left + 1] * share, line[GRID + left] * (1 - share) + line[GRID + left + 1] * share);
    }
  }
}

/** The place of the grid below a share of its width. */
const below = (share: number) => Math.min(Math.floor(share * (GRID - 1)), GRID - 2);

export interface Cell {
  /** Its borders, on the axes. */
  x: [number, number];
  y: [number, number];
  median: number;
  best: number;
  trials: number;
}

/** Pieces of an axis: one for each category, or some of a range. */
function pieces(dimension: Dimension): [number, number][] {
  if (dimension.kind === "category") return dimension.categories.map((_, at) => [at - 0.5, at + 0.5]);
  const count = dimension.integer ? Math.min(PIECES, dimension.max - dimension.min + 1) : PIECES;
  const [place, back] = dimension.log ? [Math.log, Math.exp] : [(it: number) => it, (it: number) => it];
  const [low, high] = [place(dimension.min), place(dimension.max)];
  const edge = (at: number) => (at === 0 ? dimension.min : at === count ? dimension.max : back(low + ((high - low) * at) / count));
  return Array.from({ length: count }, (_, at) => [edge(at), edge(at + 1)]);
}

/** The cells that some trial lies in. `spots` are on the axes: numbers as they are, categories by their position. */
export function cellsOf(spots: Known[], x: Dimension, y: Dimension, goal: "minimize" | "maximize"): Cell[] {
  const [across, up] = [pieces(x), pieces(y)];
  const find = (all: [number, number][], value: number) => Math.max(all.findLastIndex(([from]) => value >= from), 0);
  const inside = new Map<number, number[]>();
  for (const spot of spots) {
    const key = find(up, spot.y) * across.length + find(across, spot.x);
    const some = inside.get(key);
    if (some) some.push(spot.objective);
    else inside.set(key, [spot.objective]);
  }
  return [...inside].map(([key, values]) => {
    values.sort((a, b) => a - b);
    const best = goal === "maximize" ? values.at(-1)! : values[0];
    return { x: across[key % across.length], y: up[Math.floor(key / across.length)], median: values[Math.floor(values.length / 2)], best, trials: values.length };
  });
}
