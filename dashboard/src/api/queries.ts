// What the pages ask for, each with the key by which live events find it. Nothing here is asked again by a clock.
import { keepPreviousData, queryOptions, type QueryClient } from "@tanstack/react-query";
import { address, ENOUGH_RESULTS, experimentAt, experimentsAt, importanceAt, MANY_POINTS, pointsAt, reportsAt, sessionAt, trialAt } from "./addresses";
import { get, getIfThere, send } from "./client";
import type { Comparison, Experiment, Grid, Importance, JsonSchema, ListedTrial, Metric, Points, Session, Spec, Summary, Token, TrialWithSteps } from "./types";

export interface TrialList {
  trials: ListedTrial[];
  next: string | null;
}

export interface TrialQuery {
  state?: string;
  sort?: string;
  /** Comparisons, as they are spoken: `metric.accuracy>=0.9`. */
  where?: string[];
}

export const session = () =>
  queryOptions({ queryKey: ["session"], queryFn: ({ signal }) => get<Session>(sessionAt(), signal), staleTime: Infinity });

export const experiments = () =>
  queryOptions({
    queryKey: ["experiments"],
    queryFn: async ({ signal }) => {
      const all: Summary[] = [];
      let cursor: string | null = null;
      do {
        const page: { experiments: Summary[]; next: string | null } = await get(experimentsAt(cursor), signal);
        all.push(...page.experiments);
        cursor = page.next;
      } while (cursor);
      return all;
    },
  });

export const experiment = (name: string) =>
  queryOptions({
    queryKey: ["experiment", name, "self"],
    queryFn: ({ signal }) => get<Experiment>(experimentAt(name), signal),
  });

export const points = (name: string, limit = MANY_POINTS) =>
  queryOptions({
    queryKey: ["experiment", name, "points", limit],
    queryFn: ({ signal }) => get<Points>(pointsAt(name, limit), signal),
    placeholderData: keepPreviousData,
  });

/** Little more than the trials that were the best when they finished, all of which a sample holds, however small it is: asked for again when there
 * is another best (`best` is its number). */
export const course = (name: string, id: number, best: number | undefined) =>
  queryOptions({
    queryKey: ["course", id, best],
    queryFn: ({ signal }) => get<Points>(pointsAt(name, 1), signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });

/** How many trials an experiment may have; null without a limit. The list does not tell it, and it changes seldom. */
export const trialLimit = (of: Summary) =>
  queryOptions({
    queryKey: ["limit", of.id, of.state, of.finished_at],
    queryFn: async ({ signal }) => ((await get<Experiment>(experimentAt(of.name), signal)).spec as unknown as Spec).max_trials ?? null,
    staleTime: Infinity,
  });

/** Importance needs some results to be told from chance. */
export const tellsImportance = (of: Experiment) => of.trials.succeeded >= ENOUGH_RESULTS;

export const importance = (name: string) =>
  queryOptions({
    queryKey: ["experiment", name, "importance"],
    queryFn: ({ signal }) => getIfThere<Importance>(importanceAt(name), signal),
  });

/** For another metric, of which `goal` says what is good. */
export const importanceFor = (name: string, target: string, goal: "minimize" | "maximize") =>
  queryOptions({
    queryKey: ["experiment", name, "importance", target, goal],
    queryFn: ({ signal }) => getIfThere<Importance>(address(["experiments", name, "importance"], { target, goal }), signal),
  });

export const comparison = (name: string, by: string) =>
  queryOptions({
    queryKey: ["experiment", name, "compare", by],
    queryFn: ({ signal }) => getIfThere<Comparison>(address(["experiments", name, "compare"], { by }), signal),
  });

/** So many neighbouring trials are asked for together in the grid of trials and steps. */
export const GRID_PAGE = 500;

export const grid = (name: string, page: number) =>
  queryOptions({
    queryKey: ["experiment", name, "grid", page],
    queryFn: ({ signal }) => get<Grid>(address(["experiments", name, "grid"], { from: page * GRID_PAGE, limit: GRID_PAGE }), signal),
  });

/** What an experiment's document may say: it changes with the server only. */
export const documentSchema = () => queryOptions({ queryKey: ["schema"], queryFn: ({ signal }) => get<JsonSchema>(address(["schema"]), signal), staleTime: Infinity });

export const metricNames = (name: string) =>
  queryOptions({
    queryKey: ["experiment", name, "metrics"],
    queryFn: async ({ signal }) => (await get<{ names: string[] }>(address(["experiments", name, "metrics"]), signal)).names,
  });

export const trial = (name: string, number: number) =>
  queryOptions({
    queryKey: ["experiment", name, "trial", number, "self"],
    queryFn: ({ signal }) => get<TrialWithSteps>(trialAt(name, number), signal),
  });

/** What a trial reported, from the first report on; more than this says nothing more to the eye. */
const MOST_REPORTS = 20_000;

export const trialMetrics = (name: string, number: number) =>
  queryOptions({
    queryKey: ["experiment", name, "trial", number, "metrics"],
    queryFn: async ({ signal }) => {
      const all: Metric[] = [];
      let cursor: string | null = null;
      do {
        const page: { metrics: Metric[]; next: string | null } = await get(reportsAt(name, number, cursor), signal);
        all.push(...page.metrics);
        cursor = page.next;
      } while (cursor && all.length < MOST_REPORTS);
      return all;
    },
  });

export const tokens = () =>
  queryOptions({ queryKey: ["tokens"], queryFn: async ({ signal }) => (await get<{ tokens: Token[] }>(address(["tokens"]), signal)).tokens });

export function trialPage(name: string, query: TrialQuery, cursor: string | null, limit: number, signal?: AbortSignal): Promise<TrialList> {
  const url = address(["experiments", name, "trials"], { state: query.state, sort: query.sort, limit, cursor });
  const where = (query.where ?? []).map((it) => encodeURIComponent(it)).join("&");
  return get<TrialList>(where ? `${url}&${where}` : url, signal);
}

export const steer = (name: string, what: "pause" | "resume" | "cancel") => send<Experiment>("POST", address(["experiments", name, what]));
export const remove = (name: string) => send<void>("DELETE", address(["experiments", name]));

export async function refreshExperiment(client: QueryClient, name: string) {
  await Promise.all([client.invalidateQueries({ queryKey: ["experiments"] }), client.invalidateQueries({ queryKey: ["experiment", name] })]);
}
