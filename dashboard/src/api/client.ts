// One way to ask the server: JSON in, JSON out, and what went wrong as an error with the words of its problem document.
import type { Problem } from "./types";

/** What the server said instead of doing it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.title ?? `the server answered ${status}`);
  }

  get hints(): string[] {
    return this.problem.hints ?? [];
  }
}

/** The server could not be asked at all. */
export class Unreachable extends Error {
  constructor() {
    super("the server cannot be reached");
  }
}

const KEPT_MS = 10_000;

/** What has been asked for before anybody needed it. */
const asked = new Map<string, Promise<Response>>();

/** Asks for what will be needed at once: who asks first takes that answer, when `then` has seen it. */
export function askAhead(url: string, then?: (answer: Response) => Promise<void>) {
  const answer = fetch(url, { credentials: "same-origin" }).then(async (it) => {
    await then?.(it);
    return it;
  });
  // Whoever takes it is told of what went wrong.
  answer.catch(() => undefined);
  asked.set(url, answer);
  setTimeout(() => asked.delete(url), KEPT_MS);
}

/** What was asked for ahead is old: something has changed. */
export const forgetAhead = () => asked.clear();

function takeAhead(url: string, { method = "GET" }: RequestInit): Promise<Response> | undefined {
  if (method !== "GET") forgetAhead();
  const answer = asked.get(url);
  asked.delete(url);
  return answer;
}

export async function raw(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await (takeAhead(url, init) ?? fetch(url, { credentials: "same-origin", ...init }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (response.status === 401) listeners.forEach((listener) => listener());
  throw new Refused(response.status, problem);
}

export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await raw(url, { signal })).json() as Promise<T>;
}

/** What is not there is null. */
export async function getIfThere<T>(url: string, signal?: AbortSignal): Promise<T | null> {
  try {
    return await get<T>(url, signal);
  } catch (error) {
    if (error instanceof Refused && [404, 409, 422].includes(error.status)) return null;
    throw error;
  }
}

export async function send<T>(method: "POST" | "PATCH" | "DELETE", url: string, body?: unknown): Promise<T | undefined> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const response = await raw(url, init);
  return response.status === 204 ? undefined : ((await response.json()) as T);
}

export async function sendYaml<T>(url: string, text: string): Promise<T> {
  const response = await raw(url, { method: "POST", body: text, headers: { "content-type": "application/yaml" } });
  return (await response.json()) as T;
}

const listeners = new Set<() => void>();

/** Calls back when the server asks for a token. */
export function onUnauthorized(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
