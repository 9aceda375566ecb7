// What a page shows is asked for while its code is still on the way, or while it is made.
import type { QueryClient } from "@tanstack/react-query";
import { matchPath } from "react-router";
import { experiment, importance, points, session, tellsImportance } from "../api/queries";

/** Begun before anything is rendered. What fails is tried again, and told of, when the page is shown. */
export function ahead(client: QueryClient, pathname: string) {
  const asked = client.fetchQuery(session());
  asked.then((me) => me.role && dataAhead(client, pathname)).catch(() => undefined);
}

export function dataAhead(client: QueryClient, pathname: string) {
  const name = matchPath("/experiments/:name", pathname)?.params.name;
  if (!name) return;
  void client.prefetchQuery(points(name));
  const found = client.fetchQuery(experiment(name));
  found.then((of) => void (tellsImportance(of) && client.prefetchQuery(importance(name)))).catch(() => undefined);
}
