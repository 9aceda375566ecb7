// The grid of trials and steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, open, picture, settled, stage, TOLERATED } from "./harness.mjs";

const PIPELINE = `
  prepare: { run: "true" }
  fit:
    needs: prepare
    run: 'case \${{ trial.number }} in *7) exit 3;; *) echo loss=\${{ params.x }};; esac'
  report: { needs: fit, run: "true" }
`;
const numbered = (name, trials) => `name: ${name}\nobjective: { metric: loss, goal: minimize }\nalgorithm: random\nmax_trials: ${trials}\nmax_failed_trials: ${trials}\nparallel_trials: 4\nparameters: { x: { type: float, min: 0, max: 1 } }\npipeline:${PIPELINE}`;

const server = stage(async (server) => {
  await server.submit(numbered("chequered", 150));
  await server.finished("chequered");
  await server.submit({ name: "asked", objective: { metric: "loss", goal: "minimize" }, max_trials: 5, parameters: { x: { type: "float", min: 0, max: 1 } } });
  await server.tell("asked", [{ metrics: { loss: 1 } }]);
});

test("a column for each trial, a row for each step; only what is in sight is there", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/chequered");
  await page.getByRole("link", { name: "Grid" }).click();
  const grid = page.getByRole("grid", { name: "Trials and their steps" });
  await grid.getByRole("link", { name: "Trial 149, fit: succeeded" }).waitFor();
  await grid.getByRole("link", { name: "Trial 147, fit: failed" }).waitFor();
  await grid.getByRole("link", { name: /Trial 147: failed/ }).waitFor();
  assert.ok((await grid.getByRole("gridcell").count()) < 4 * 140);
  assert.equal(await grid.getByRole("link", { name: "Trial 0, fit: succeeded" }).count(), 0);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `grid-${colorScheme}`);
    await accessible(page);
  }
  await page.getByLabel("Go to trial").fill("0");
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await grid.getByRole("link", { name: "Trial 0, fit: succeeded" }).waitFor();
  await grid.getByRole("link", { name: "Trial 7, fit: failed" }).click();
  await page.waitForURL(/\/trials\/7\?step=fit$/);
  await page.getByRole("button", { name: /^fit/, pressed: true }).waitFor();
  fine(TOLERATED);
  await context.close();
});

test("the keyboard goes from square to square and opens one", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/chequered/grid");
  const grid = page.getByRole("grid");
  await grid.getByRole("link", { name: "Trial 149, prepare: succeeded" }).waitFor();
  await grid.focus();
  await page.keyboard.press("Home");
  await grid.getByRole("link", { name: "Trial 0, prepare: succeeded" }).waitFor();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"]) await page.keyboard.press(key);
  await page.waitForFunction((title) => {
    const current = document.querySelector("[role=grid]").getAttribute("aria-activedescendant");
    return document.getElementById(current)?.title === title;
  }, "Trial 1, report: succeeded");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/trials\/1\?step=report$/);
  fine(TOLERATED);
  await context.close();
});

test("squares change while the steps run", async () => {
  const { page, context, fine } = await open(server);
  await server.submit("name: slow\nobjective: { metric: loss, goal: minimize }\nmax_trials: 1\nparameters: { x: { type: float, min: 0, max: 1 } }\npipeline: { wait: { run: 'while [ ! -e go ]; do sleep 0.05; done; echo loss=1' }, then: { needs: wait, run: 'true' } }\n");
  await page.goto("/experiments/slow");
  await page.locator(".badge", { hasText: "running" }).first().waitFor();
  await page.goto("/experiments/slow/grid");
  await page.getByRole("link", { name: "Trial 0, wait: running" }).waitFor();
  await page.getByRole("link", { name: "Trial 0, then: waiting" }).or(page.getByRole("link", { name: "Trial 0, then: not yet" })).waitFor();
  await server.ask("POST", "/experiments/slow/cancel");
  await page.getByRole("link", { name: "Trial 0, wait: cancelled" }).waitFor();
  fine(TOLERATED);
  await context.close();
});

test("without steps there is no grid", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/asked");
  await settled(page);
  assert.equal(await page.getByRole("link", { name: "Grid" }).count(), 0);
  await page.goto("/experiments/asked/grid");
  await page.getByRole("heading", { name: "No steps" }).waitFor();
  fine(TOLERATED);
  await context.close();
});
