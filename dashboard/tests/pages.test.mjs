// Every page with real data, light and dark: nothing goes wrong, and everybody can use it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, drag, open, picture, settled, stage, TOLERATED } from "./harness.mjs";

const space = (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { type: "float", min: 0, max: 1 }]));
const asked = (name, more = {}) => ({ name, objective: { metric: "loss", goal: "minimize" }, algorithm: "random", max_trials: 2000, parameters: space(2), ...more });
const HOSTILE = `
name: hostile
description: "<img src=x onerror=alert(1)> <script>alert(2)</script>"
objective: { metric: loss, goal: minimize }
max_trials: 2
parameters:
  word: { type: categorical, values: ["<script>alert(3)</script>", "a'b\\"c", "‮evil"] }
pipeline:
  speak:
    run: |
      printf '\\033[31mred\\033[0m plain <script>alert(4)</script>\\n\\033]0;title\\007bell\\007\\033[2Jgone\\033[1;44mblue\\033[0m\\n'
      printf 'progress 1%%\\rprogress 100%%\\n'
      i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done
      printf '<h1 onclick=alert(5)>hello</h1><script>alert(6)</script>' > "$TUNE_ARTIFACTS/page.html"
      printf 'a,b\\n"x, y",<b>2</b>\\n' > "$TUNE_ARTIFACTS/table.csv"
      echo loss=0.5
    artifacts: { page: page.html, table: table.csv }
`;

const server = stage(async (server) => {
  await server.example("iris");
  await server.finished("iris");
  await server.example("early-stopping");
  await server.finished("early-stopping");
  await server.submit(HOSTILE);
  await server.finished("hostile");
  await server.submit("name: all-failed\nobjective: { metric: loss, goal: minimize }\nmax_trials: 3\nparameters: { x: { type: float, min: 0, max: 1 } }\npipeline: { train: { run: 'echo no luck; exit 3' } }\n");
  await server.finished("all-failed");
  await server.submit(asked("nothing-yet"));
  await server.submit(asked("not-numbers"));
  await server.tell("not-numbers", [{ metrics: { loss: "NaN" } }, { metrics: { loss: "Infinity" } }, { metrics: { loss: 1, other: "-Infinity" } }, { state: "failed", reason: "<b>because</b>" }]);
  await server.submit(asked("wide", { parameters: space(500) }));
  await server.tell("wide", Array.from({ length: 20 }, (_, index) => ({ metrics: { loss: 1 / (index + 1) } })));
});

const PAGES = {
  experiments: "/",
  new: "/new",
  overview: "/experiments/iris",
  compare: "/experiments/iris/compare?by=model",
  "compare-numbers": "/experiments/iris/compare?by=learning_rate",
  trials: "/experiments/iris/trials",
  grid: "/experiments/iris/grid",
  "compare-experiments": "/compare?experiment=iris&experiment=early-stopping",
  "side-by-side": "/experiments/early-stopping/side-by-side?trials=0,1,2,3",
  "side-by-side-steps": "/experiments/iris/side-by-side?trials=0,3,7",
  document: "/experiments/iris/document",
  trial: "/experiments/iris/trials/3",
  "stopped-early": "/experiments/early-stopping",
  curves: "/experiments/early-stopping/trials/0",
  failed: "/experiments/all-failed",
  "failed-trial": "/experiments/all-failed/trials/0",
  empty: "/experiments/nothing-yet",
  "not-numbers": "/experiments/not-numbers",
  wide: "/experiments/wide",
  hostile: "/experiments/hostile",
  "hostile-grid": "/experiments/hostile/grid",
  "hostile-compare": "/experiments/hostile/compare",
  "hostile-trial": "/experiments/hostile/trials/0",
  system: "/system",
};

for (const [name, path] of Object.entries(PAGES)) {
  test(`${name}, light and dark`, async () => {
    const { page, context, fine } = await open(server);
    await page.goto(path);
    await settled(page);
    await page.getByText("Live", { exact: true }).waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `${name}-${colorScheme}`);
      await accessible(page);
    }
    fine(TOLERATED);
    await context.close();
  });
}

test("what is not there is said to be not there", async () => {
  const { page, context, fine } = await open(server);
  for (const path of ["/experiments/none", "/experiments/iris/trials/4000", "/experiments/iris/trials/x", "/experiments/iris/none"]) {
    await page.goto(path);
    await page.getByRole("heading", { name: /There is no such/ }).waitFor();
  }
  fine([...TOLERATED, /404/]);
  await context.close();
});

test("a log is shown as a terminal would, searched, and harms nobody", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/hostile/trials/0");
  const log = page.getByRole("log");
  await log.getByText("loss=0.5").waitFor();
  await page.getByPlaceholder("Search the log").fill("script>alert");
  await page.getByText("1 of 1").waitFor();
  await log.getByText("<script>alert(4)</script>").waitFor();
  assert.equal(await log.getByText("progress 1%", { exact: true }).count(), 0);
  await page.getByPlaceholder("Search the log").fill("line 1234");
  await log.getByText("line 1234").waitFor();
  fine(TOLERATED);
  await context.close();
});

test("artifacts are shown, and taken away", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/hostile/trials/0");
  await page.getByRole("button", { name: "table", exact: true }).click();
  await page.getByRole("cell", { name: "x, y" }).waitFor();
  await page.getByRole("cell", { name: "<b>2</b>" }).waitFor();
  await page.getByRole("button", { name: "page", exact: true }).click();
  await page.frameLocator("iframe").getByText("hello").waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download table" }).click();
  await (await download).path();
  // A frame that may run nothing says that it did not.
  fine([...TOLERATED, /Blocked script execution in 'about:srcdoc'/, /CSP: /, /Content Security Policy/]);
  await context.close();
});

test("what trials handed on is opened in all of them at once, and what they printed is read side by side", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/iris/side-by-side?trials=0,3");
  await page.getByRole("button", { name: "report", exact: true }).click();
  await page.locator(".opened pre").nth(1).waitFor();
  assert.equal(await page.locator(".opened pre").filter({ hasText: "accuracy" }).count(), 2);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download model of trial 3" }).click();
  await (await download).path();
  for (const trial of [0, 3]) await page.getByRole("region", { name: `Log of trial ${trial}` }).getByText("log_loss").waitFor();
  await page.getByLabel("Logs of the step").selectOption("train");
  await page.getByRole("log", { name: "Log of train" }).nth(1).waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `side-by-side-opened-${colorScheme}`);
    await accessible(page);
  }
  fine(TOLERATED);
  await context.close();
});

test("a trial says why it was tried", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/iris/trials/3");
  await page.getByRole("heading", { name: /^Why this configuration/ }).waitFor();
  await page.getByText(/^suggested by /).waitFor();
  fine(TOLERATED);
  await context.close();
});

test("a list of trials is sorted, filtered and saved", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/iris/trials");
  await page.getByRole("button", { name: "accuracy", exact: true }).click();
  await page.waitForURL(/sort=objective/);
  await page.getByRole("button", { name: "accuracy", exact: true }).click();
  await page.waitForURL(/sort=-objective/);
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByLabel("What to filter by").selectOption("param.model");
  await page.getByLabel("How to compare").selectOption("=");
  await page.getByLabel("Value").fill("random_forest");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("20 trials").waitFor();
  assert.equal(await page.getByRole("cell", { name: "gradient_boosting" }).count(), 0);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const { readFile } = await import("node:fs/promises");
  const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\n");
  assert.equal(lines.length, 21);
  assert.match(lines[0], /^number,state,objective,param\.model/);
  await page.getByRole("checkbox").nth(0).check();
  await page.getByRole("checkbox").nth(1).check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await page.getByRole("heading", { name: "Side by side" }).waitFor();
  fine(TOLERATED);
  await context.close();
});

test("a rectangle on a chart chooses trials for the table", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/iris");
  const chart = page.getByRole("img", { name: /^Objective of every trial/ });
  await drag(page, chart, [0.08, 0.12], [0.33, 0.88]);
  await page.getByRole("heading", { name: /^Selected trials/ }).waitFor();
  await page.getByRole("button", { name: "Clear the selection" }).click();
  await page.getByRole("heading", { name: /^Best trials/ }).waitFor();
  fine(TOLERATED);
  await context.close();
});
