// Beside what is built, the list of it that the server includes: name and content of each file.
import { readdirSync, writeFileSync } from "node:fs";
import type { Plugin } from "vite";

export function listFiles(): Plugin {
  let folder = "";
  return {
    name: "list-files",
    apply: "build",
    configResolved: (config) => void (folder = config.build.outDir),
    writeBundle() {
      const assets = readdirSync(`${folder}/assets`).sort().map((name) => `assets/${name}`);
      const lines = ["index.html", ...assets].map((name) => `    ("${name}", include_bytes!("${name}")),\n`);
      writeFileSync(`${folder}/files.in`, `&[\n${lines.join("")}]\n`);
    },
  };
}
