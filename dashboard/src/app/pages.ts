// Which page is at which address, and what it asks for first. Known before the rest of the program is read, of which it needs nothing.
import { ENOUGH_RESULTS, experimentAt, experimentsAt, FEW_POINTS, importanceAt, MANY_POINTS, pointsAt, reportsAt, sessionAt, trialAt } from "../api/addresses";
import { askAhead } from "../api/client";
import { load } from "../charts/load";

/** The code of the pages, each in a file of its own. */
export const PAGES = {
  newExperiment: () => import("../pages/NewExperiment"),
  compare: () => import("../pages/CompareExperiments"),
  experiment: () => import("../pages/experiment/ExperimentPage"),
  trial: () => import("../pages/trial/TrialPage"),
  system: () => import("../pages/System"),
  groups: () => import("../pages/experiment/Compare"),
  sideBySide: () => import("../pages/experiment/SideBySide"),
  trials: () => import("../pages/experiment/Trials"),
  grid: () => import("../pages/experiment/Grid"),
  document: () => import("../pages/experiment/Document"),
};

interface Address {
  pattern: RegExp;
  /** What the page is made of, each in a file of its own. */
  code?: (() => Promise<unknown>)[];
  /** What is asked for, given the parts of the address that vary. */
  asks?: (parts: string[], search: URLSearchParams) => string[];
  /** And what besides, given the first answer to that. */
  then?: (parts: string[], first: unknown) => string[];
}

const charted = ([name]: string[]) => [experimentAt(name), pointsAt(name, MANY_POINTS)];
const explained = ([name]: string[], of: unknown) => (succeeded(of) >= ENOUGH_RESULTS ? [importanceAt(name)] : []);
const alone = ([name]: string[]) => [experimentAt(name)];

const ADDRESSES: Address[] = [
  { pattern: /^\/?$/, asks: () => [experimentsAt(null)] },
  { pattern: /^\/new$/, code: [PAGES.newExperiment] },
  { pattern: /^\/system$/, code: [PAGES.system] },
  { pattern: /^\/compare$/, code: [PAGES.compare, load], asks: (_, search) => search.getAll("experiment").flatMap((name) => [experimentAt(name), pointsAt(name, FEW_POINTS)]) },
  { pattern: /^\/experiments\/([^/]+)\/trials\/(\d+)$/, code: [PAGES.trial, load], asks: ([name, number]) => [experimentAt(name), trialAt(name, Number(number)), reportsAt(name, Number(number), null)] },
  { pattern: /^\/experiments\/([^/]+)$/, code: [PAGES.experiment, load], asks: charted, then: explained },
  { pattern: /^\/experiments\/([^/]+)\/compare$/, code: [PAGES.experiment, PAGES.groups, load], asks: charted, then: explained },
  { pattern: /^\/experiments\/([^/]+)\/side-by-side$/, code: [PAGES.experiment, PAGES.sideBySide, load], asks: alone },
  { pattern: /^\/experiments\/([^/]+)\/trials$/, code: [PAGES.experiment, PAGES.trials], asks: alone },
  { pattern: /^\/experiments\/([^/]+)\/grid$/, code: [PAGES.experiment, PAGES.grid], asks: alone },
  { pattern: /^\/experiments\/([^/]+)\/document$/, code: [PAGES.experiment, PAGES.document], asks: alone },
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
  for (const code of found?.code ?? []) code().catch(() => undefined);
  askAhead(sessionAt(), async (answer) => {
    const me = (await answer.clone().json().catch(() => ({}))) as { role?: string | null };
    if (!me.role || !found?.asks) return;
    const parts = found.pattern.exec(path)!.slice(1).map(text);
    const [first, ...others] = new Set(found.asks(parts, new URLSearchParams(search)));
    if (first) askAhead(first, found.then && (async (answer) => found.then!(parts, await answer.clone().json().catch(() => null)).forEach((url) => askAhead(url))));
    for (const url of others) askAhead(url);
  });
}
