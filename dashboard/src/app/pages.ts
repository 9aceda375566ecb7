// Which page is at which address, and what it asks for first. Known before the rest of the program is read, of which it needs nothing.
import { ENOUGH_RESULTS, experimentAt, experimentsAt, FEW_POINTS, importanceAt, MANY_POINTS, pointsAt, reportsAt, sessionAt, trialAt } from "../api/addresses";
import { askAhead } from "../api/client";

/** The code of the pages, each in a file of its own. */
export const PAGES = {
  newExperiment: () => import("../pages/NewExperiment"),
  compare: () => import("../pages/CompareExperiments"),
  experiment: () => import("../pages/experiment/ExperimentPage"),
  trial: () => import("../pages/trial/TrialPage"),
  system: () => import("../pages/System"),
};

interface Address {
  pattern: RegExp;
  page?: keyof typeof PAGES;
  /** What is asked for, given the parts of the address that vary. */
  asks?: (parts: string[], search: URLSearchParams) => string[];
  /** And what besides, given the first answer to that. */
  then?: (parts: string[], first: unknown) => string[];
}

const ADDRESSES: Address[] = [
  { pattern: /^\/?$/, asks: () => [experimentsAt(null)] },
  { pattern: /^\/new$/, page: "newExperiment" },
  { pattern: /^\/system$/, page: "system" },
  { pattern: /^\/compare$/, page: "compare", asks: (_, search) => search.getAll("experiment").flatMap((name) => [experimentAt(name), pointsAt(name, FEW_POINTS)]) },
  { pattern: /^\/experiments\/([^/]+)\/trials\/(\d+)$/, page: "trial", asks: ([name, number]) => [experimentAt(name), trialAt(name, Number(number)), reportsAt(name, Number(number), null)] },
  { pattern: /^\/experiments\/([^/]+)(?:\/compare)?$/, page: "experiment", asks: ([name]) => [experimentAt(name), pointsAt(name, MANY_POINTS)], then: ([name], of) => (succeeded(of) >= ENOUGH_RESULTS ? [importanceAt(name)] : []) },
  { pattern: /^\/experiments\/([^/]+)\/.+$/, page: "experiment", asks: ([name]) => [experimentAt(name)] },
];

const succeeded = (experiment: unknown) => (experiment as { trials?: { succeeded?: number } } | null)?.trials?.succeeded ?? 0;

/** A part of an address as the router reads it: as it stands where it means nothing. */
function text(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Asks for the code and the data of a page before anything else is done. Code is everybody's; data is asked for as soon as it is known who asks.
 * What fails is asked for again, and told of, when the page is shown. */
export function ahead({ pathname, search }: { pathname: string; search: string }) {
  const path = pathname.replace(/(.)\/$/, "$1");
  const found = ADDRESSES.find(({ pattern }) => pattern.test(path));
  if (found?.page) PAGES[found.page]().catch(() => undefined);
  askAhead(sessionAt(), async (answer) => {
    const me = (await answer.clone().json().catch(() => ({}))) as { role?: string | null };
    if (!me.role || !found?.asks) return;
    const parts = found.pattern.exec(path)!.slice(1).map(text);
    const [first, ...others] = new Set(found.asks(parts, new URLSearchParams(search)));
    if (first) askAhead(first, found.then && (async (answer) => found.then!(parts, await answer.clone().json().catch(() => null)).forEach((url) => askAhead(url))));
    for (const url of others) askAhead(url);
  });
}
