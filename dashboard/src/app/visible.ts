// Whether the page is looked at. A browser opens few connections to one server: tabs behind others let theirs go.
import { useSyncExternalStore } from "react";

const visible = () => document.visibilityState === "visible";

function watch(watcher: () => void): () => void {
  document.addEventListener("visibilitychange", watcher);
  return () => document.removeEventListener("visibilitychange", watcher);
}

export const useVisible = () => useSyncExternalStore(watch, visible);
