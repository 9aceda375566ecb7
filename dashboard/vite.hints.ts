// Nearly all of a page's code runs while it is first drawn. A browser that is told so (Chromium) compiles it while it loads, beside what runs
// already, instead of each function when it is first called.
import type { Plugin } from "vite";

/** Files that hold what the largest pages need at once. */
const AT_ONCE = /^(main|engine|experiment)$/;

export function compileEarly(): Plugin {
  return {
    name: "compile-early",
    apply: "build",
    generateBundle(_, bundle) {
      for (const it of Object.values(bundle)) if (it.type === "chunk" && AT_ONCE.test(it.name)) it.code = `//# allFunctionsCalledOnLoad\n${it.code}`;
    },
  };
}
