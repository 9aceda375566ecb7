// Numbers, times and values as people read them.
import type { Numeric, Scalar } from "./api/types";

/** A number, also one that is not finite. */
export function toNumber(value: Numeric | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : Number(value);
}

/** About six digits, without noise behind them. */
export function number(value: Numeric | null | undefined, digits = 6): string {
  const it = toNumber(value);
  if (it === null) return "–";
  if (Number.isNaN(it)) return "NaN";
  if (!Number.isFinite(it)) return it > 0 ? "∞" : "−∞";
  if (Number.isInteger(it) && Math.abs(it) < 1e9) return (Math.abs(it) >= 10_000 ? count(it) : String(it)).replace("-", "−");
  const size = Math.abs(it);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return it.toExponential(digits - 2).replace(/\.?0+e/, "e").replace("e+", "e").replace(/-/g, "−");
  return String(Number(it.toPrecision(digits))).replace("-", "−");
}

/** How many digits tell numbers in this range apart, as the marks of an axis are. */
export function digitsOf(low: number, high: number): number {
  const parts = Math.max(Math.abs(low), Math.abs(high)) / (high - low);
  return Number.isFinite(parts) && parts > 0 ? Math.min(Math.max(Math.ceil(Math.log10(parts)) + 2, 4), 12) : 4;
}

/** What cannot be seen, or turns around what can. */
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function scalar(value: Scalar | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? number(value) : String(value).replace(UNSEEN, "\ufffd");
}

/** A whole number. (`Intl` would take 10 ms to begin with.) */
export const count = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 0.001) return "0 s";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const [days, hours, minutes, rest] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes} min ${rest} s`;
}

let made: Intl.RelativeTimeFormat | undefined;
const relative = (value: number, unit: Intl.RelativeTimeFormatUnit) => (made ??= new Intl.RelativeTimeFormat("en", { numeric: "auto" })).format(value, unit);

export function ago(time: string | null | undefined, now = Date.now()): string {
  if (!time) return "–";
  const seconds = (Date.parse(time) - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return "just now";
  if (size < 3600) return relative(Math.round(seconds / 60), "minute");
  if (size < 86400) return relative(Math.round(seconds / 3600), "hour");
  if (size < 86400 * 30) return relative(Math.round(seconds / 86400), "day");
  return new Date(time).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

export function moment(time: string | number | null | undefined): string {
  if (time === null || time === undefined) return "–";
  return new Date(time).toLocaleString("en", { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = size / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Without the year and the seconds, where there is little room. */
export function shortMoment(time: string | null | undefined): string {
  return time ? new Date(time).toLocaleString("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false }) : "–";
}

/** A state or reason as words. */
export const words = (word: string) => word.replaceAll("_", " ");

/** A probability, as far as it means anything. */
export function probability(p: number): string {
  if (p < 0.001) return "p < 0.001";
  return `p = ${p.toFixed(3)}`;
}
