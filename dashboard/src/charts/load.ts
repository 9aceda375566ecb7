// What draws is on its way from the moment that it is known that a page has charts; pages are made meanwhile.
type Engine = typeof import("./engine");

let there: Engine | undefined;
let coming: Promise<Engine> | undefined;

/** Once it is there. */
export const engine = () => there;

export function load(): Promise<Engine> {
  coming ??= import("./engine").then((it) => (there = it));
  // Whoever waits is told of what went wrong; the next one tries again.
  coming.catch(() => (coming = undefined));
  return coming;
}
