// When charts are drawn: those in sight first, the others from top to bottom while the page has nothing else to do. So a page with many charts is
// of use before all of them are there, and yet all are there before anybody scrolls to them.

import { load } from "./load";

/** So long may drawing keep the page from answering, where more than one chart is drawn at once. */
const AT_ONCE_MS = 45;

const waiting = new Map<HTMLElement, () => void>();
const urgent = new Map<HTMLElement, () => void>();
let asked = false;

/** Draws as soon as those before it are drawn: each is seen when it is there, and does not wait for all others. */
export function soon(who: HTMLElement, draw: () => void) {
  notLater(who);
  urgent.set(who, draw);
  whenLoaded(() => setTimeout(next));
}

function next() {
  const [first] = urgent;
  if (!first) return;
  urgent.delete(first[0]);
  first[1]();
}

/** Nothing is drawn before what draws is there; of what went wrong, the charts tell. */
const whenLoaded = (act: () => void) => void load().then(act, () => undefined);

/** Draws later. Whoever asks twice is drawn once, as asked last. */
export function later(who: HTMLElement, draw: () => void) {
  waiting.delete(who);
  waiting.set(who, draw);
  if (!asked) whenLoaded(ask);
  asked = true;
}

/** What has been drawn meanwhile, or is gone, need not be drawn. */
export function notLater(who: HTMLElement) {
  waiting.delete(who);
  urgent.delete(who);
}

// Not every browser tells when it has nothing to do.
const ask: () => void = "requestIdleCallback" in window ? () => requestIdleCallback(some, { timeout: 1500 }) : () => void setTimeout(some, 60);

/** As many as there is time for: every pause between two has the page drawn anew. */
function some() {
  const begun = performance.now();
  let took = 0;
  do {
    const before = performance.now();
    const first = [...waiting.keys()].reduce<HTMLElement | null>((a, b) => (a && a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? a : b), null);
    if (!first) break;
    const draw = waiting.get(first)!;
    waiting.delete(first);
    draw();
    took = performance.now() - before;
  } while (performance.now() + took - begun < AT_ONCE_MS);
  asked = waiting.size > 0;
  if (asked) ask();
}
