// The best so far, each time it became better: what tells of an experiment's course in few numbers.
import type { Points } from "../api/types";
import { toNumber } from "../format";

export interface Step {
  /** How many trials had finished by then. */
  trials: number;
  /** Seconds since the first trial began. */
  seconds: number;
  objective: number;
  trial: number;
}

export interface Course {
  steps: Step[];
  /** How far it has come, in trials and in seconds. */
  trials: number;
  seconds: number;
}

/** Of points among which are all that were the best when they finished, as they always are; `finished` trials have come to their end. */
export function courseOf(points: Points, goal: "minimize" | "maximize", finished: number): Course {
  const began = points.started.filter((it) => it != null).reduce((least, it) => Math.min(least, it!), Infinity);
  const ended = points.finished.filter((it) => it != null).reduce((most, it) => Math.max(most, it!), -Infinity);
  const since = (time: number | null | undefined) => (time == null || !Number.isFinite(began) ? 0 : Math.max(time - began, 0));
  const done = points.number.map((_, at) => at).filter((at) => points.state[at] === "succeeded" && points.finished_order[at] != null);
  done.sort((a, b) => points.finished_order[a]! - points.finished_order[b]!);
  const steps: Step[] = [];
  for (const at of done) {
    const objective = toNumber(points.objective[at]);
    const last = steps.at(-1)?.objective;
    if (objective === null || (last !== undefined && !(goal === "maximize" ? objective > last : objective < last))) continue;
    steps.push({ trials: points.finished_order[at]! + 1, seconds: since(points.finished[at]), objective, trial: points.number[at] });
  }
  return { steps, trials: Math.max(finished, steps.at(-1)?.trials ?? 0), seconds: Number.isFinite(ended) ? since(ended) : 0 };
}
