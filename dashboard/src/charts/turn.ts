// When charts are drawn: those in sight first, the others one by one while the page has nothing else to do. So a page with many charts is
// of use before all of them are there, and yet all are there before anybody scrolls to them.

const waiting = new Map<object, () => void>();
const urgent = new Map<object, () => void>();
let asked = false;

/** Draws as soon as those before it are drawn: each is seen when it is there, and does not wait for all others. */
export function soon(who: object, draw: () => void) {
  notLater(who);
  urgent.set(who, draw);
  setTimeout(next);
}

function next() {
  const [first] = urgent;
  if (!first) return;
  urgent.delete(first[0]);
  first[1]();
}

/** Draws later. Whoever asks twice is drawn once, as asked last. */
export function later(who: object, draw: () => void) {
  waiting.delete(who);
  waiting.set(who, draw);
  if (!asked) ask();
  asked = true;
}

/** What has been drawn meanwhile, or is gone, need not be drawn. */
export function notLater(who: object) {
  waiting.delete(who);
  urgent.delete(who);
}

// Not every browser tells when it has nothing to do.
const ask: () => void = "requestIdleCallback" in window ? () => requestIdleCallback(one, { timeout: 1500 }) : () => void setTimeout(one, 60);

function one() {
  const [first] = waiting;
  if (first) {
    waiting.delete(first[0]);
    first[1]();
  }
  asked = waiting.size > 0;
  if (asked) ask();
}
