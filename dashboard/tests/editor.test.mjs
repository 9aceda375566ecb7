// The editor of a new experiment: what it suggests, and what it makes of half a line.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";
import { accessible, open, picture, stage } from "./harness.mjs";

const server = stage();

/** A module of the source that imports nothing, as it runs. */
async function load(path) {
  const text = readFileSync(new URL(`../src/${path}`, import.meta.url), "utf8");
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: "ESNext", target: "ES2022" } });
  return import(`data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);
}

test("what may be written at every kind of place", async () => {
  const { placeAt } = await load("ui/completion/place.ts");
  const { suggestions } = await load("ui/completion/allowed.ts");
  const schema = JSON.parse(spawnSync(process.env.TUNE_BINARY, ["schema"], { encoding: "utf8", maxBuffer: 1 << 26 }).stdout);
  /** What is suggested at the sign ‸. */
  const at = (text) => {
    const cursor = text.indexOf("‸");
    const place = placeAt(text.replace("‸", ""), cursor);
    return place && suggestions(schema, place).map((it) => it.text).join(" ");
  };
  assert.match(at("name: x\nal‸"), /\balgorithm\b.*\bpipeline\b/);
  assert.doesNotMatch(at("name: x\nal‸\nalgorithm: tpe\n"), /\bname\b|\balgorithm\b/);
  assert.equal(at("objective: { metric: loss, goal: ‸"), "maximize minimize");
  assert.equal(at("objective: { metric: loss, ‸ }\nmax_trials: 3"), "goal target strategy");
  assert.match(at("parameters:\n  lr: { type: fl‸"), /^float int ordinal categorical bool$/);
  assert.equal(at("parameters:\n  lr: { ‸, type: categorical }"), "values when");
  assert.equal(at("parameters:\n  lr:\n    ‸\n    type: bool\n"), "when");
  assert.equal(at("parameters:\n  lr: {\n    type: categorical,\n    ‸\n  }\n"), "values when");
  assert.match(at("algorithm: ‸"), /\btpe\b/);
  assert.match(at("algorithm:\n  name: tpe\n  settings:\n    ‸"), /\bstartup_trials\b/);
  assert.doesNotMatch(at("algorithm:\n  name: random\n  settings:\n    ‸"), /\bstartup_trials\b/);
  assert.match(at("pipeline:\n  a:\n    run: |\n      uses: x\n  b:\n    uses: ‸"), /^preprocess train/);
  assert.match(at("pipeline:\n  fit:\n    uses: train\n    with:\n      mo‸"), /\bmodel\b/);
  assert.match(at("pipeline:\n  - ‸"), /^$|run/);
  assert.equal(at("pipeline:\n  a:\n    run: |\n      echo ‸"), null);
  assert.equal(at("name: x # al‸"), null);
  assert.equal(at("name:‸"), null);
});

/** Takes what is suggested. The editor takes no Enter for it in the first 75 ms after its list has come: whoever is typing means a new line. */
async function take(page, option) {
  await option.waitFor();
  const since = await page.evaluate(() => performance.now());
  await page.waitForFunction((since) => performance.now() - since > 75, since);
  await page.keyboard.press("Enter");
}

test("keys and values are suggested, with what they mean, and taken by the keyboard", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/new");
  const editor = page.getByRole("textbox", { name: "Experiment file" });
  await page.getByText("The file is right").waitFor();
  await editor.fill("name: typed\n");
  await page.keyboard.press("Control+End");
  await page.keyboard.type("obj");
  const list = page.getByRole("listbox");
  await take(page, list.getByRole("option", { name: /^objective/ }));
  // What is needed within comes by itself.
  await list.getByRole("option", { name: /^metric/ }).waitFor();
  await page.keyboard.type("me");
  await take(page, list.getByRole("option", { name: /^metric/, selected: true }));
  await page.keyboard.type("loss\ngo");
  await take(page, list.getByRole("option", { name: /^goal/ }));
  await list.getByRole("option", { name: /^minimize/ }).waitFor();
  await page.locator(".cm-completionInfo").waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `completion-${colorScheme}`);
  }
  await accessible(page);
  await page.keyboard.type("min");
  await take(page, list.getByRole("option", { name: /^minimize/, selected: true }));
  await page.keyboard.press("Escape");
  const text = await page.locator(".cm-content").evaluate((it) => it.cmView?.view?.state.doc.toString() ?? it.innerText);
  assert.match(text, /^name: typed\nobjective:\n  metric: loss\n  goal: minimize\n*$/);
  // The server's refusals of half a document are no mistakes of the page.
  fine([/status of 422.*dry_run/]);
  await context.close();
});

test("a mark reaches to the end of what it is about", async () => {
  const { endOf } = await load("ui/marks.ts");
  const marked = (text) => {
    const from = text.indexOf("‸");
    const line = text.replace("‸", "");
    return line.slice(from, endOf(line, from));
  };
  assert.equal(marked("max_trials: ‸many # so many"), "many");
  assert.equal(marked("goal: ‸as small as can be, or so"), "as small as can be, or so");
  assert.equal(marked("x: { type: ‸flot, min: 0 }"), "flot");
  assert.equal(marked("x: { ‸tpye: float }"), "tpye");
  assert.equal(marked("‸goals: minimize"), "goals");
  assert.equal(marked("metric: ‸\"a # b\" # c"), "\"a # b\"");
  assert.equal(marked("x: ‸{ values: [1, 2] } # c"), "{ values: [1, 2] }");
  assert.equal(marked("x: [‸1, 2"), "1");
});

test("the default is suggested first, and a name that is taken is said to be", async () => {
  const { page, context, fine } = await open(server);
  const document = "name: taken\nobjective: { metric: loss, goal: minimize }\nmax_trials: 1\nparameters: { x: { type: bool } }\n";
  await server.submit(document);
  await page.goto("/new");
  const editor = page.getByRole("textbox", { name: "Experiment file" });
  await editor.fill(`${document}algorithm: `);
  await page.keyboard.press("Control+End");
  const options = page.getByRole("listbox").getByRole("option");
  const suggested = () => options.first().waitFor({ timeout: 2000 }).then(() => true, () => false);
  // Nothing is suggested before the page knows what may be written: whoever sees nothing asks again.
  do await page.keyboard.press("Control+Space");
  while (!(await suggested()));
  assert.match(await options.first().textContent(), /^auto/);
  await page.keyboard.press("Escape");
  // What goes on is another one.
  await editor.fill(document.replace("bool", "int, min: 1, max: 3"));
  await page.getByText("There is already an experiment taken").waitFor();
  assert.ok(await page.getByRole("button", { name: "Run" }).isDisabled());
  await page.getByRole("button", { name: "Go on with taken" }).click();
  await page.getByText("This file cannot go on with it").waitFor();
  await accessible(page);
  await page.getByRole("button", { name: "Name it taken-2" }).click();
  await page.getByText("The file is right").waitFor();
  await editor.fill(document);
  await page.getByRole("button", { name: "Go on with taken" }).click();
  await page.getByRole("heading", { name: "taken", level: 1 }).waitFor();
  fine([/status of 422.*dry_run/, /status of 409/]);
  await context.close();
});
