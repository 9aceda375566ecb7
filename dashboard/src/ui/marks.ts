// How far a mark reaches that begins at a place of a line: to the end of the value or key there, not to what stands behind it.

/** Where the value (or key) ends that begins at `from`. */
export function endOf(line: string, from: number): number {
  const first = line[from];
  if (first === '"' || first === "'") return behind(line.indexOf(first, from + 1), line);
  if (first === "{" || first === "[") return behind(closing(line, from), line);
  const rest = line.slice(from);
  // In brackets, a comma or a bracket ends it too.
  const end = rest.search(inBrackets(line.slice(0, from)) ? /[,}\]]|:(\s|$)|\s+#|\s*$/ : /:(\s|$)|\s+#|\s*$/);
  return Math.max(from + rest.slice(0, end).trimEnd().length, Math.min(from + 1, line.length));
}

const behind = (at: number, line: string) => (at < 0 ? line.trimEnd().length : at + 1);

const inBrackets = (before: string) => (before.match(/[{[]/g)?.length ?? 0) > (before.match(/[}\]]/g)?.length ?? 0);

function closing(line: string, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at += 1) {
    if ("{[".includes(line[at])) depth += 1;
    if ("}]".includes(line[at])) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
