// What a terminal would make of a line: colours become spans, everything else that is no text becomes something that can be seen.

export interface Span {
  text: string;
  color?: string;
  background?: string;
  bold?: boolean;
}

const COLORS = ["#6b7683", "#ff7b84", "#56d4a0", "#f0b455", "#74b2ff", "#d49bff", "#5fd4e0", "#d5dbe3"];
const BRIGHT = ["#8b95a1", "#ff9aa1", "#7fe3b8", "#ffd07f", "#9cc9ff", "#e2bdff", "#8ce6ef", "#ffffff"];
// eslint-disable-next-line no-control-regex
const ESCAPES = /\x1b\[([0-9;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|\x9b[0-9;]*[A-Za-z]/g;
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The line as one sees it: without colours, and what a carriage return wrote over is gone. */
export function plain(line: string): string {
  return visible(afterReturn(line).replace(ESCAPES, ""));
}

export function spans(line: string): Span[] {
  const text = afterReturn(line);
  const found: Span[] = [];
  let style: Omit<Span, "text"> = {};
  let from = 0;
  const push = (part: string) => part && found.push({ text: visible(part), ...style });
  for (const match of text.matchAll(ESCAPES)) {
    push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = apply(style, match[1]);
  }
  push(text.slice(from));
  return found;
}

/** Progress bars write over themselves: the last writing counts. */
function afterReturn(line: string): string {
  const whole = line.replace(/\r+$/, "");
  return whole.slice(whole.lastIndexOf("\r") + 1);
}

function visible(text: string): string {
  return text.replaceAll("\t", "    ").replace(CONTROLS, (it) => {
    const code = it.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

function apply(style: Omit<Span, "text">, codes: string): Omit<Span, "text"> {
  const next = { ...style };
  const all = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < all.length; at++) {
    const code = all[at];
    if (code === 0) {
      next.color = next.background = next.bold = undefined;
    } else if (code === 1) next.bold = true;
    else if (code === 22) next.bold = undefined;
    else if (code >= 30 && code <= 37) next.color = COLORS[code - 30];
    else if (code >= 90 && code <= 97) next.color = BRIGHT[code - 90];
    else if (code === 39) next.color = undefined;
    else if (code >= 40 && code <= 47) next.background = COLORS[code - 40];
    else if (code === 49) next.background = undefined;
    else if (code === 38 || code === 48) {
      const [color, used] = extended(all.slice(at + 1));
      if (code === 38) next.color = color;
      else next.background = color;
      at += used;
    }
  }
  return next;
}

function extended([kind, ...rest]: number[]): [string | undefined, number] {
  const part = (it: number | undefined) => Math.min(Math.max(Math.trunc(it || 0), 0), 255);
  if (kind === 2) return [`rgb(${part(rest[0])} ${part(rest[1])} ${part(rest[2])})`, 4];
  if (kind !== 5) return [undefined, 0];
  const at = part(rest[0]);
  if (at < 8) return [COLORS[at], 2];
  if (at < 16) return [BRIGHT[at - 8], 2];
  if (at >= 232) return [`rgb(${8 + 10 * (at - 232)} ${8 + 10 * (at - 232)} ${8 + 10 * (at - 232)})`, 2];
  const level = (it: number) => (it === 0 ? 0 : 55 + 40 * it);
  const cube = at - 16;
  return [`rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`, 2];
}
