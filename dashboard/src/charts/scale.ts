// From bad to good as a colour: the same few steps in all charts, light or dark.
import type { Data } from "./points";

type Rgb = [number, number, number];

const parse = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Rgb;

/** The colour of a share between 0 (bad) and 1 (good), between those given. */
export function scaleOf(stops: string[]): (share: number) => Rgb {
  const colors = stops.map(parse);
  return (share) => {
    const place = Math.min(Math.max(share, 0), 1) * (colors.length - 1);
    const below = Math.min(Math.floor(place), colors.length - 2);
    const rest = place - below;
    return colors[below].map((it, at) => Math.round(it + (colors[below + 1][at] - it) * rest)) as Rgb;
  };
}

export const css = ([r, g, b]: Rgb) => `rgb(${r}, ${g}, ${b})`;

/** How good a value is among others, between 0 and 1; the worst tenth, which may lie far out, is as bad as can be. */
export function goodness(values: number[], goal: Data["goal"]): { of: (value: number) => number; worst: number; best: number } {
  const sorted = [...values].sort((a, b) => (goal === "maximize" ? a - b : b - a));
  const worst = sorted[Math.floor(sorted.length / 10)] ?? 0;
  const best = sorted.at(-1) ?? 1;
  const span = best - worst;
  return { of: (value) => (span === 0 ? 1 : Math.min(Math.max((value - worst) / span, 0), 1)), worst, best };
}

/** How good each is by its place among all: 1 for the best, 0 for the worst. */
export function ranks(values: number[], goal: Data["goal"]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (goal === "maximize" ? values[a] - values[b] : values[b] - values[a]));
  const shares = new Array<number>(values.length);
  order.forEach((at, place) => (shares[at] = values.length > 1 ? place / (values.length - 1) : 1));
  return shares;
}
