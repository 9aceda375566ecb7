// What runs first is small (src/early.ts); all that the pages have in common is one file beside it, which the page names: both come at once. What the
// largest page needs besides is one file too: many small ones take longer.
import type { Plugin, Rolldown } from "vite";

const [EARLY, MAIN, LARGEST] = ["early.ts", "main.tsx", "pages/experiment/ExperimentPage.tsx"].map((name) => new URL(`src/${name}`, import.meta.url).pathname);

/** Each of them with all that it needs, also where a page needs it too. */
export const groups: Rolldown.CodeSplittingGroup[] = [
  { name: (id, modules) => (needs(EARLY, modules).has(id) ? "early" : null), priority: 3, debugName: "early" },
  { name: (id, modules) => (needs(MAIN, modules).has(id) ? "main" : null), priority: 2, debugName: "main" },
  { name: (id, modules) => (needs(LARGEST, modules).has(id) ? "experiment" : null), priority: 1, debugName: "experiment" },
];

const known = new Map<string, Set<string>>();

/** A module, and all that runs before it. */
function needs(root: string, modules: Rolldown.ChunkingContext): Set<string> {
  const found = known.get(root) ?? new Set([root]);
  known.set(root, found);
  // The set grows while it is gone through.
  for (const id of found) modules.getModuleInfo(id)?.importedIds.forEach((it) => found.add(it));
  return found;
}

export function preloadMain(): Plugin {
  return {
    name: "preload-main",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const main = Object.values(bundle ?? {}).find((it) => it.type === "chunk" && it.moduleIds.includes(MAIN));
        if (!main) throw new Error("the main part of the program is not there");
        return [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${main.fileName}` }, injectTo: "head" }];
      },
    },
  };
}
