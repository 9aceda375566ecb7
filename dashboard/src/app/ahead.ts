// What a page needs is asked for side by side: its data while its code is still on the way.
import type { QueryClient } from "@tanstack/react-query";
import { matchPath } from "react-router";
import { experiment, points, session } from "../api/queries";
import { code } from "./Coded";

/** The code of the pages, each in a file of its own. */
export const PAGES = {
  newExperiment: () => import("../pages/NewExperiment"),
  compare: () => import("../pages/CompareExperiments"),
  experiment: () => import("../pages/experiment/ExperimentPage"),
  trial: () => import("../pages/trial/TrialPage"),
  system: () => import("../pages/System"),
};

const ADDRESSES: [string, keyof typeof PAGES][] = [
  ["/new", "newExperiment"],
  ["/compare", "compare"],
  ["/experiments/:name/trials/:number", "trial"],
  ["/experiments/:name/*", "experiment"],
  ["/system", "system"],
];

/** Begun before anything is shown. Code is everybody's; data is asked for as soon as it is known who asks. What fails is tried again, and told of,
 * when the page is shown. */
export function ahead(client: QueryClient, pathname: string) {
  const page = ADDRESSES.find(([pattern]) => matchPath(pattern, pathname));
  if (page) code(PAGES[page[1]]).catch(() => undefined);
  const asked = client.fetchQuery(session());
  asked.then((me) => me.role && dataAhead(client, pathname)).catch(() => undefined);
}

export function dataAhead(client: QueryClient, pathname: string) {
  const overview = matchPath("/experiments/:name", pathname);
  if (!overview?.params.name) return;
  void client.prefetchQuery(experiment(overview.params.name));
  void client.prefetchQuery(points(overview.params.name));
}
