// Where in a YAML document the cursor is: the mappings around it, what they hold so far, and whether a key or a value is being written. Reads what
// is half written too, which no parser of YAML does: line by line, by indentation and brackets.

/** A mapping (or list) around the cursor. */
export interface Frame {
  /** Under which key it is found in the one around it; `[]` in a list; empty at the top. */
  key: string;
  /** Its keys, and their values where those are short. */
  holds: Map<string, string>;
}

export interface Place {
  frames: Frame[];
  kind: "key" | "value";
  /** The key whose value is written. */
  key: string;
  /** Where the word begins that is being written. */
  from: number;
  /** Spaces before a key of the same mapping; in brackets: none. */
  indent: number | null;
}

interface Open extends Frame {
  indent: number;
}

const KEY = /^("[^"]*"|'[^']*'|[^\s#"'{}[\],:&*!|>%@`][^:#{}[\],]*?)\s*:(?=\s|$)/;

/** Null where nothing can be suggested: in comments and in texts of several lines. */
export function placeAt(text: string, cursor: number): Place | null {
  const before = text.slice(0, cursor);
  const lines = before.split("\n");
  const stack: Open[] = [{ key: "", holds: new Map(), indent: -1 }];
  let literal: number | null = null;
  let start = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const last = at === lines.length - 1;
    const lead = line.length - line.trimStart().length;
    if (literal !== null) {
      if (line.trim() === "" ? !last : lead > literal) {
        if (last) return null;
        start += line.length + 1;
        continue;
      }
      literal = null;
    }
    const end = last ? blockEnd(stack, line, start) : blockLine(stack, line);
    if (last) return typeof end === "object" && end ? withRest(end, text, cursor) : null;
    if (end === "literal") literal = lead;
    if (end === "open") {
      // Brackets may go on over several lines: all of them are read as one.
      const rest = lines.slice(at).join("\n");
      const flow = flowFrom(stack, rest, valueStart(line), start);
      if (flow === null || typeof flow === "object") return flow && withRest(flow, text, cursor);
      const read = rest.slice(0, flow).split("\n").length - 1;
      for (let skipped = 0; skipped < read; skipped += 1) start += lines[at + skipped].length + 1;
      at += read;
      start += lines[at].length + 1;
      if (at >= lines.length - 1) return null;
      continue;
    }
    start += line.length + 1;
  }
  return null;
}

/** Where the value begins of the last key on the line. */
function valueStart(line: string): number {
  let at = line.length - line.trimStart().length;
  while (line.startsWith("- ", at)) at = next(line, at + 2);
  const key = KEY.exec(line.slice(at));
  return key ? next(line, at + key[0].length) : at;
}

const next = (line: string, at: number) => at + line.slice(at).length - line.slice(at).trimStart().length;

/** Goes into the mapping that a line of that indentation belongs to. */
function settle(stack: Open[], indent: number) {
  while (stack.length > 1 && stack.at(-1)!.indent >= indent) stack.pop();
}

/** Takes a whole line in; tells when it begins a text of several lines, or brackets. */
function blockLine(stack: Open[], line: string): "literal" | "open" | undefined {
  const content = line.trim();
  if (content === "" || content.startsWith("#") || content === "---") return undefined;
  let at = line.length - line.trimStart().length;
  settle(stack, at);
  while (line.startsWith("- ", at)) {
    stack.push({ key: "[]", holds: new Map(), indent: at });
    at = next(line, at + 2);
  }
  const key = KEY.exec(line.slice(at));
  if (!key) return line[at] === "{" || line[at] === "[" ? "open" : undefined;
  const name = unquoted(key[1]);
  const value = line.slice(at + key[0].length).trim();
  stack.at(-1)!.holds.set(name, unquoted(value.replace(/\s+#.*$/, "")));
  stack.push({ key: name, holds: new Map(), indent: at });
  if (/^[|>][+-]?\d*[+-]?\s*(#.*)?$/.test(value)) return "literal";
  return value.startsWith("{") || value.startsWith("[") ? "open" : undefined;
}

/** What the line that ends at the cursor is about to say. */
function blockEnd(stack: Open[], line: string, start: number): Place | null {
  if (/(^|\s)#/.test(line.replace(/"[^"]*"|'[^']*'/g, ""))) return null;
  let at = line.length - line.trimStart().length;
  settle(stack, at);
  while (line.startsWith("- ", at)) {
    stack.push({ key: "[]", holds: new Map(), indent: at });
    at = next(line, at + 2);
  }
  const rest = line.slice(at);
  const key = KEY.exec(rest);
  if (!key) {
    if (rest.startsWith("{") || rest.startsWith("[")) return flowEnd(stack, line, at, start);
    return { frames: [...stack], kind: "key", key: "", from: start + at, indent: at };
  }
  const name = unquoted(key[1]);
  const value = next(line, at + key[0].length);
  if (line[value] === "{" || line[value] === "[") {
    stack.push({ key: name, holds: new Map(), indent: at });
    return flowEnd(stack, line, value, start);
  }
  // Directly behind the colon nothing can be written.
  if (at + key[0].length === line.length) return null;
  return { frames: [...stack], kind: "value", key: name, from: start + value, indent: at };
}

function flowEnd(stack: Open[], line: string, at: number, start: number): Place | null {
  const found = flowFrom(stack, line, at, start);
  return typeof found === "object" ? found : null;
}

/** Reads brackets from `at` on: where they end, or, when the text ends before, what is about to be said in them. */
function flowFrom(stack: Open[], text: string, at: number, start: number): number | Place | null {
  const frames: { frame: Frame; list: boolean }[] = [];
  let key = "";
  let word = at;
  let quote = "";
  const said = () => text.slice(word, at).trim();
  const note = () => {
    const top = frames.at(-1);
    if (top && !top.list && key) top.frame.holds.set(key, unquoted(said()));
    key = "";
  };
  for (; at < text.length; at += 1) {
    const sign = text[at];
    if (quote) {
      if (sign === quote) quote = "";
    } else if ((sign === '"' || sign === "'") && said() === "") {
      quote = sign;
    } else if ((sign === "{" || sign === "[") && said() === "") {
      const top = frames.at(-1);
      const under = top ? (top.list ? "[]" : key) : "";
      frames.push({ frame: { key: under, holds: new Map() }, list: sign === "[" });
      if (top && !top.list) top.frame.holds.set(key, "");
      key = "";
      word = at + 1;
    } else if (sign === "}" || sign === "]") {
      note();
      frames.pop();
      if (!frames.length) return at;
      word = at + 1;
    } else if (sign === ",") {
      note();
      word = at + 1;
    } else if (sign === ":" && !frames.at(-1)?.list && !key && /[\s]/.test(text[at + 1] ?? "")) {
      key = unquoted(said());
      word = at + 1;
    }
  }
  if (quote) return null;
  const top = frames.at(-1);
  if (!top) return null;
  const from = start + next(text, word);
  // The brackets themselves are what the last mapping of the block holds.
  const around = frames.map(({ frame }, index) => (index === 0 ? { ...frame, key: stack.at(-1)!.key } : frame));
  const all: Frame[] = [...stack.slice(0, -1), ...around];
  if (top.list) return { frames: all, kind: "value", key: "[]", from, indent: null };
  return { frames: all, kind: key ? "value" : "key", key, from, indent: null };
}

/** The same mapping goes on behind the cursor: what is said there counts too. */
function withRest(place: Place, text: string, cursor: number): Place {
  const frame = place.frames.at(-1)!;
  const rest = text.slice(cursor);
  if (place.indent === null) {
    for (const [, key, value] of rest.slice(0, rest.search(/[}\n]|$/)).matchAll(/([\w-]+)\s*:\s*([^,}]*)/g)) frame.holds.set(key, unquoted(value.trim()));
    return place;
  }
  for (const line of rest.split("\n").slice(1)) {
    const lead = line.length - line.trimStart().length;
    if (line.trim() === "" || lead > place.indent) continue;
    if (lead < place.indent) break;
    const key = KEY.exec(line.trim());
    if (key) frame.holds.set(unquoted(key[1]), unquoted(line.trim().slice(key[0].length).trim()));
  }
  return place;
}

const unquoted = (text: string) => text.replace(/^(["'])(.*)\1$/, "$2");
