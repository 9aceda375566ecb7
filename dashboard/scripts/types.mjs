// Writes src/api/schema.ts from the description of the interface, as the tests of the server keep it. With `--check`: only says whether it is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const snapshot = new URL("../../src/http/snapshots/tune__http__description__tests__openapi.snap", import.meta.url);
const target = new URL("../src/api/schema.ts", import.meta.url);

const [, , document] = readFileSync(snapshot, "utf8").split(/^---\n/m);
const ast = await openapiTS(document);
const text = `// Made by \`npm run types\` from the description of the interface: do not edit.\n${astToString(ast)}`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("dashboard/src/api/schema.ts is not what the description says: run `npm run types`");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
