// The trials of an experiment, as charts need them: rows made of the columns that the server sends, and what follows from them.
import type { Points, Scalar, Spec, TrialState } from "../api/types";
import { number, scalar, toNumber, words } from "../format";

export interface Point {
  number: number;
  state: TrialState;
  objective: number | null;
  started: number | null;
  finished: number | null;
  order: number | null;
  values: (Scalar | null)[];
}

export interface Dimension {
  name: string;
  kind: "number" | "category";
  log: boolean;
  min: number;
  max: number;
  categories: string[];
  integer: boolean;
}

export interface Data {
  total: number;
  points: Point[];
  dimensions: Dimension[];
  goal: "minimize" | "maximize";
  metric: string;
}

export function toData(columns: Points, spec: Spec, goal: "minimize" | "maximize", metric: string): Data {
  const names = Object.keys(columns.parameters);
  const points = columns.number.map((trial, index): Point => ({
    number: trial,
    state: columns.state[index],
    objective: toNumber(columns.objective[index]),
    started: columns.started[index] ?? null,
    finished: columns.finished[index] ?? null,
    order: columns.finished_order[index] ?? null,
    values: names.map((name) => (columns.parameters[name][index] as Scalar | null) ?? null),
  }));
  return { total: columns.total, points, goal, metric, dimensions: names.map((name, index) => dimension(name, index, points, spec)) };
}

function dimension(name: string, index: number, points: Point[], spec: Spec): Dimension {
  const all = spec.parameters;
  const it = Array.isArray(all) ? all.find((one) => one.name === name) : all[name];
  const values = points.map((point) => point.values[index]).filter((value) => value !== null);
  const numeric = it ? ["float", "int"].includes(it.type) : values.every((value) => typeof value === "number");
  const [min, max] = numeric ? range(values as number[], it?.min, it?.max) : [0, 0];
  const declared = it?.type === "bool" ? [false, true] : (it?.values ?? []);
  const categories = numeric ? [] : [...new Set([...declared, ...values].map((value) => scalar(value)))];
  return { name, kind: numeric ? "number" : "category", log: it?.scale === "log" && min > 0, min, max, categories, integer: it?.type === "int" };
}

function range(values: number[], min?: number, max?: number): [number, number] {
  let [low, high] = [min ?? Infinity, max ?? -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : [0, 1];
}

/** Whether a is better than b. */
export const better = (data: Pick<Data, "goal">, a: number, b: number) => (data.goal === "maximize" ? a > b : a < b);

const thinned = new WeakMap<Data, Map<number, Point[]>>();

/** Those with a result; of very many, all of the best and a sample of the rest. Worked out once for all charts that draw as many. */
export function thin(data: Data, most: number): Point[] {
  let known = thinned.get(data);
  if (!known) thinned.set(data, (known = new Map()));
  let found = known.get(most);
  if (!found) known.set(most, (found = thinnedOut(data, most)));
  return found;
}

function thinnedOut(data: Data, most: number): Point[] {
  const all = data.points.filter((it) => it.objective !== null && it.state === "succeeded");
  if (all.length <= most) return all;
  const sorted = [...all].sort((a, b) => (data.goal === "maximize" ? b.objective! - a.objective! : a.objective! - b.objective!));
  const best = sorted.slice(0, most / 3);
  const rest = sorted.slice(most / 3);
  const stride = Math.ceil(rest.length / ((2 * most) / 3));
  return [...best, ...rest.filter((_, index) => index % stride === 0)];
}

/** The best so far, each time it improved: position among the finished, objective, trial. */
export function records(data: Data): { order: number; objective: number; trial: number }[] {
  const done = data.points.filter((it) => it.state === "succeeded" && it.objective !== null && it.order !== null);
  done.sort((a, b) => a.order! - b.order!);
  const found: { order: number; objective: number; trial: number }[] = [];
  for (const it of done) {
    const last = found.at(-1);
    if (!last || better(data, it.objective!, last.objective)) found.push({ order: it.order!, objective: it.objective!, trial: it.number });
  }
  return found;
}

/** What is told about a trial that is pointed at; by its number, so that charts need not carry more. */
export function aboutTrial(data: Data, trial: number): [string, [string, string][]] {
  // Points are in the order of their numbers.
  let [low, high] = [0, data.points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.points[middle].number < trial) low = middle + 1;
    else high = middle;
  }
  return about(data, data.points[low]);
}

function about(data: Data, point: Point): [string, [string, string][]] {
  const rows: [string, string][] = [[data.metric, number(point.objective)]];
  if (point.state !== "succeeded") rows.push(["state", words(point.state)]);
  data.dimensions.forEach((it, index) => {
    if (point.values[index] !== null && rows.length < 12) rows.push([it.name, scalar(point.values[index])]);
  });
  return [`Trial ${point.number}`, rows];
}
