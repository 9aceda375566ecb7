// One stream of events for the whole page: what an event says has changed is asked for again. Nothing is polled; when the server goes away,
// the stream begins again after the last event that was seen.
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { forgetAhead } from "./client";
import { GRID_PAGE, session } from "./queries";
import type { Event } from "./types";

/** Changes within this time are asked for together. */
const TOGETHER_MS = 250;
/** And what is large is asked for no more often than this many times as long as the answer took. */
const REST = 4;
const RETRY_MS = [500, 1000, 2000, 4000];

export type Connection = "connecting" | "live" | "lost";

/** The last event that has come. */
let seen = 0;
let connection: Connection = "connecting";
const watchers = new Set<() => void>();

function become(next: Connection) {
  if (next === connection) return;
  connection = next;
  watchers.forEach((watcher) => watcher());
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => connection,
  );
}

/** Follows from the event after `last`, until the returned function is called. Null: of what happened meanwhile nothing is known; all that is shown
 * is asked for again, and news come from then on. */
export function follow(client: QueryClient, last: number | null): () => void {
  seen = last ?? seen;
  let source: EventSource | undefined;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const changed = new Changes();

  const flush = async () => {
    const begun = performance.now();
    await changed.flush(client);
    const took = performance.now() - begun;
    flushing = undefined;
    if (!changed.empty && !stopped) flushing = setTimeout(flush, Math.max(TOGETHER_MS, took * REST));
  };
  const note = (message: MessageEvent<string>) => {
    seen = Math.max(seen, Number(message.lastEventId));
    changed.add(JSON.parse(message.data) as Event);
    flushing ??= setTimeout(flush, TOGETHER_MS);
  };
  const connect = () => {
    source = new EventSource(`/api/v1/events?after=${seen}`);
    source.onopen = () => {
      if (failures > 0) {
        forgetAhead();
        // What is no event (a log, a report) may have changed too, and the store may be another.
        void client.invalidateQueries();
      }
      failures = 0;
      become("live");
    };
    source.onerror = async () => {
      source?.close();
      become("lost");
      const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
      failures += 1;
      if (stopped) return;
      retry = setTimeout(async () => {
        // A server that knows of fewer events has another store.
        const now = await client.fetchQuery({ ...session(), staleTime: 0, retry: false }).catch(() => undefined);
        if (now?.last_event !== undefined && now.last_event !== null) seen = Math.min(seen, now.last_event);
        if (!stopped) connect();
      }, wait);
    };
    for (const kind of ["experiment", "limits", "trial", "step", "notes"]) source.addEventListener(kind, note);
  };
  const begin = async () => {
    // First the number, then what is shown: what happens in between comes as news.
    const now = await client.fetchQuery({ ...session(), staleTime: 0, retry: false }).catch(() => undefined);
    if (stopped) return;
    seen = now?.last_event ?? seen;
    forgetAhead();
    void client.invalidateQueries({ predicate: ({ queryKey: [kind] }) => kind !== "session" });
    connect();
  };
  if (last === null) void begin();
  else connect();
  return () => {
    stopped = true;
    become("connecting");
    source?.close();
    clearTimeout(retry);
    clearTimeout(flushing);
  };
}

/** What events have said since they were last acted on. */
class Changes {
  private experiments = new Map<string, { self: boolean; trials: Set<number> }>();

  get empty() {
    return this.experiments.size === 0;
  }

  add(event: Event) {
    const of = this.experiments.get(event.experiment) ?? { self: false, trials: new Set<number>() };
    // A step changes nothing but its own trial.
    of.self ||= event.kind !== "step";
    if (event.trial !== undefined) of.trials.add(event.trial);
    this.experiments.set(event.experiment, of);
  }

  async flush(client: QueryClient) {
    const changed = this.experiments;
    this.experiments = new Map();
    forgetAhead();
    const any = [...changed.values()].some((of) => of.self);
    await client.invalidateQueries({
      predicate: ({ queryKey: [kind, name, part, number] }) => {
        if (kind === "experiments") return any;
        if (kind !== "experiment") return false;
        const of = changed.get(name as string);
        if (!of) return false;
        if (part === "trial") return of.trials.has(number as number);
        if (part === "grid") return [...of.trials].some((trial) => Math.floor(trial / GRID_PAGE) === number);
        return of.self;
      },
    });
  }
}
