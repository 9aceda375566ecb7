// A parameter as an axis: numbers on a linear or logarithmic one; categories as places of equal width, on which points lie beside each other.
import type { Scalar } from "../api/types";
import { number, scalar } from "../format";
import { axis, type Colors } from "./Chart";
import type { Dimension } from "./points";

/** The axis that places things comes first; the second, of categories, only bears their names. */
export function axesOf(c: Colors, dimension: Dimension, position: "bottom" | "left", more: object = {}): object[] {
  const label = { color: c.text3, fontSize: 11, hideOverlap: true };
  if (dimension.kind === "number") {
    const type = dimension.log ? "log" : "value";
    const [min, max] = dimension.max > dimension.min ? [dimension.min, dimension.max] : [dimension.min - 0.5, dimension.max + 0.5];
    return [axis(c, { type, position, min, max, splitLine: { show: false }, axisLabel: { ...label, formatter: (at: number) => number(at, 3) }, ...more })];
  }
  const names = { type: "category", position, data: dimension.categories, splitLine: { show: false }, axisLabel: { ...label, width: 110, overflow: "truncate" }, ...more };
  return [{ type: "value", position, min: -0.5, max: dimension.categories.length - 0.5, show: false, splitLine: { show: false } }, axis(c, names)];
}

/** Where a value lies on the axis that places things. */
export function placeOn(dimension: Dimension, value: Scalar): number {
  return dimension.kind === "number" ? (value as number) : dimension.categories.indexOf(scalar(value));
}

/** Points of one value beside each other; the same trial always at the same place. */
export function jitter(seed: number, width = 0.5): number {
  const x = Math.sin(seed * 12.9898 + 4.1414) * 43758.5453;
  return (x - Math.floor(x) - 0.5) * width;
}
