// Where pages find what they show, for those that ask and for what asks ahead of them.

const ROOT = "/api/v1";

type Query = Record<string, string | number | boolean | undefined | null>;

export function address(parts: (string | number)[], query: Query = {}): string {
  const path = parts.map((part) => encodeURIComponent(part)).join("/");
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `${ROOT}/${path}${search ? `?${search}` : ""}`;
}

/** So many points are more than one can tell apart; */
export const MANY_POINTS = 3000;
/** so many tell, beside the best so far, how long an experiment has taken. */
export const FEW_POINTS = 200;

/** From so many results on, what matters is told from chance. */
export const ENOUGH_RESULTS = 10;

type Cursor = string | null;

export const sessionAt = () => address(["session"]);
export const experimentsAt = (cursor: Cursor) => address(["experiments"], { limit: 1000, cursor });
export const experimentAt = (name: string) => address(["experiments", name]);
export const pointsAt = (name: string, limit: number) => address(["experiments", name, "points"], { limit });
export const importanceAt = (name: string) => address(["experiments", name, "importance"]);
export const trialAt = (name: string, number: number) => address(["experiments", name, "trials", number]);
export const reportsAt = (name: string, number: number, cursor: Cursor) => address(["experiments", name, "trials", number, "metrics"], { limit: 1000, cursor });
