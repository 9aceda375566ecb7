// Light or dark: what the system says, unless the user has chosen. Known before anything is drawn; needs nothing of the rest of the program.

export type Theme = "system" | "light" | "dark";
const KEY = "tune.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

export function chosen(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function applyTheme() {
  const theme = chosen();
  document.documentElement.dataset.theme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  watchers.forEach((watcher) => watcher());
}

export function choose(theme: Theme) {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme();
}

dark.addEventListener("change", applyTheme);

/** What is shown, as it was last applied. */
export const shown = () => document.documentElement.dataset.theme as "light" | "dark";

/** Calls back whenever it has been applied, until the returned function is called. */
export function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
