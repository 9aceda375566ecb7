// What a page shows is asked for while its code is still on the way, or while it is made.
import type { QueryClient } from "@tanstack/react-query";
import { matchPath } from "react-router";
import { experiment, importance, points, session, tellsImportance } from "../api/queries";

/** Done when it is known who asks: before that there is nothing to show. What fails is tried again, and told of, when the page is shown. */
export async function ahead(client: QueryClient, pathname: string) {
  const me = await client.fetchQuery({ ...session(), retry: false }).catch(() => null);
  if (me?.role) dataAhead(client, pathname);
}

export function dataAhead(client: QueryClient, pathname: string) {
  const name = matchPath("/experiments/:name", pathname)?.params.name;
  if (!name) return;
  void client.prefetchQuery(points(name));
  const found = client.fetchQuery(experiment(name));
  found.then((of) => void (tellsImportance(of) && client.prefetchQuery(importance(name)))).catch(() => undefined);
}
