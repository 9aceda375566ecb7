// Light or dark: what the system says, unless the user has chosen.
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "tune.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

export function chosen(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function current(): "light" | "dark" {
  const theme = chosen();
  return theme === "system" ? (dark.matches ? "dark" : "light") : theme;
}

export function applyTheme() {
  document.documentElement.dataset.theme = current();
  watchers.forEach((watcher) => watcher());
}

export function choose(theme: Theme) {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme();
}

dark.addEventListener("change", applyTheme);

/** The theme that is shown; whoever uses it is drawn again when it changes. */
export function useTheme(): "light" | "dark" {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    current,
  );
}
