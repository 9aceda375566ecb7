// Charts on which trials are chosen, and several experiments on one chart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, drag, open, picture, Server, settled, stage, TOLERATED } from "./harness.mjs";

const space = { rate: { type: "float", min: 0.001, max: 1, scale: "log" }, depth: { type: "int", min: 1, max: 9 }, kind: { type: "categorical", values: ["a", "b"] } };
const asked = (name, more = {}) => ({ name, objective: { metric: "loss", goal: "minimize" }, algorithm: { name: "random", seed: 1 }, max_trials: 200, parameters: space, ...more });
/** A loss that falls with every trial, for as many as there are. */
const falling = (from, count) => Array.from({ length: count }, (_, index) => ({ metrics: { loss: from / (index + 1) } }));

const server = stage(async (server) => {
  await server.example("iris");
  await server.finished("iris");
  await server.submit(asked("tortoise"));
  await server.tell("tortoise", falling(1, 60));
  await server.submit(asked("hare"));
  await server.tell("hare", falling(0.5, 30));
  await server.submit(asked("one-way", { parameters: { x: { type: "float", min: 0, max: 1 } } }));
  await server.tell("one-way", falling(2, 5));
});

const selected = (page) => page.getByRole("heading", { name: /^Selected trials/ });
const clear = (page) => page.getByRole("button", { name: "Clear the selection" }).click();

test("two parameters of one's choice, as contour and by rank; a rectangle on either chooses trials", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/tortoise");
  await settled(page);
  await page.getByLabel("Across").selectOption("depth");
  await page.getByLabel("Up", { exact: true }).selectOption("rate");
  for (const [mode, what] of [["Contour", /^loss between the trials by depth and rate/], ["Rank", /^Rank of every trial by depth and rate/]]) {
    await page.getByRole("button", { name: mode, exact: true }).click();
    const chart = page.getByRole("img", { name: what });
    await drag(page, chart, [0.1, 0.1], [0.95, 0.85]);
    await selected(page).waitFor();
    await clear(page);
  }
  // The two change places when one is chosen for the other.
  await page.getByLabel("Across").selectOption("rate");
  assert.equal(await page.getByLabel("Up", { exact: true }).inputValue(), "depth");
  await page.getByLabel("Up", { exact: true }).selectOption("kind");
  await page.getByRole("img", { name: /by rate and kind$/ }).locator("canvas").waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `pairs-${colorScheme}`);
    await accessible(page);
  }
  fine(TOLERATED);
  await context.close();
});

test("a stretch of the distribution chooses trials", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/tortoise");
  const chart = page.getByRole("img", { name: "Share of 60 trials by loss" });
  await drag(page, chart, [0.12, 0.5], [0.3, 0.5]);
  await selected(page).waitFor();
  const some = Number(await page.locator(".card", { has: selected(page) }).locator(".hint").textContent());
  assert.ok(some > 30 && some < 60, `${some} trials`);
  await picture(page, "distribution-light");
  fine(TOLERATED);
  await context.close();
});

test("an experiment with one parameter has no pair of them", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/one-way");
  await page.getByRole("heading", { name: /^Distribution/ }).waitFor();
  assert.equal(await page.getByRole("heading", { name: /^Two parameters/ }).count(), 0);
  fine(TOLERATED);
  await context.close();
});

test("a range on an axis of parallel coordinates chooses the trials that pass through it", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/tortoise");
  await settled(page);
  const chart = page.getByRole("img", { name: /as parallel coordinates$/ });
  const box = await chart.boundingBox();
  // The last axis is the objective's; the least losses are at its foot.
  await drag(page, chart, [(box.width - 84) / box.width, 0.8], [(box.width - 84) / box.width, 0.95]);
  await selected(page).waitFor();
  const first = page.getByRole("table", { name: "Trials" }).getByRole("row").nth(1);
  await first.getByText("0.0166667").waitFor();
  await picture(page, "parallel-light");
  await drag(page, chart, [(box.width - 84) / box.width, 0.2], [(box.width - 84) / box.width, 0.57]);
  await first.getByText("0.5", { exact: true }).waitFor();
  // What is let go elsewhere is let go here.
  await clear(page);
  await page.getByRole("heading", { name: /^Best trials/ }).waitFor();
  await page.getByRole("img", { name: /^Objective of every trial/ }).scrollIntoViewIfNeeded();
  await drag(page, page.getByRole("img", { name: /^Objective of every trial/ }), [0.05, 0.1], [0.2, 0.9]);
  await selected(page).waitFor();
  fine(TOLERATED);
  await context.close();
});

/** How many are selected, once that is another number than before. */
async function count(page, before = "") {
  const hint = page.locator(".card", { has: selected(page) }).locator("h2 .hint");
  await hint.filter({ hasNotText: new RegExp(`^${before}$`) }).waitFor();
  return Number(await hint.textContent());
}

test("a rectangle on the boxes and the name of a group choose trials, here and on the other pages", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/iris/compare?by=model");
  const boxes = page.getByRole("img", { name: /^accuracy by group/ });
  await drag(page, boxes, [0.08, 0.06], [0.52, 0.9]);
  await selected(page).waitFor();
  const rows = page.getByRole("table", { name: "Trials" });
  const winner = await rows.getByRole("row").nth(1).getByRole("cell").nth(3).textContent();
  const other = winner === "random_forest" ? "gradient_boosting" : "random_forest";
  assert.equal(await count(page), 20);
  assert.equal(await rows.getByRole("cell", { name: other }).count(), 0);
  await picture(page, "boxes-light");
  await accessible(page);
  await clear(page);
  await selected(page).waitFor({ state: "detached" });
  // By keyboard, the groups are chosen by their names.
  await page.getByRole("button", { name: other }).focus();
  await page.keyboard.press("Enter");
  await rows.getByRole("cell", { name: other }).first().waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await rows.getByRole("cell", { name: other }).first().waitFor();
  assert.equal(await count(page), 20);
  fine(TOLERATED);
  await context.close();
});

test("a rectangle on the timeline or on a slice chooses trials; what was drawn elsewhere is gone", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/iris");
  const line = page.getByRole("img", { name: /^Timeline of 40 trials/ });
  await drag(page, line, [0.1, 0.15], [0.5, 0.3]);
  const some = await count(page);
  assert.ok(some > 0 && some < 40, `${some} trials`);
  await picture(page, "timeline-light");
  await drag(page, page.getByRole("img", { name: "accuracy by n_estimators" }), [0.15, 0.12], [0.94, 0.85]);
  await count(page, some);
  await clear(page);
  await selected(page).waitFor({ state: "detached" });
  fine(TOLERATED);
  await context.close();
});

test("chosen trials are laid beside each other, up to as many as can be told apart", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/one-way");
  await drag(page, page.getByRole("img", { name: /^Objective of every trial/ }), [0.06, 0.15], [0.97, 0.88]);
  await page.getByRole("link", { name: "Side by side" }).click();
  await page.waitForURL(/side-by-side\?trials=\d+(,\d+)+$/);
  await page.getByRole("heading", { name: /^Side by side/ }).waitFor();
  fine(TOLERATED);
  await context.close();
});

test("several experiments are ticked, and compared at an address that can be handed on", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/");
  await page.getByRole("checkbox", { name: "Compare tortoise" }).check();
  assert.ok(await page.getByRole("button", { name: "Compare 1" }).isDisabled());
  await page.getByRole("checkbox", { name: "Compare hare" }).check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await page.waitForURL(/\/compare\?experiment=hare&experiment=tortoise$/);
  await page.getByRole("img", { name: /^Best loss so far against finished trials\. hare: 0\.0166667; tortoise: 0\.0166667/ }).waitFor();
  await page.getByRole("button", { name: "Time" }).click();
  await page.getByRole("img", { name: /^Best loss so far against time/ }).waitFor();
  await page.getByLabel("Add an experiment").selectOption("iris");
  await page.getByText("different objectives").waitFor();
  await page.getByRole("button", { name: "Leave out iris" }).click();
  await page.getByLabel("Add an experiment").selectOption("one-way");
  const row = page.getByRole("row", { name: /^one-way/ }).first();
  await row.getByRole("cell", { name: "0.4", exact: true }).waitFor();
  await row.getByRole("link", { name: "4", exact: true }).waitFor();
  await settled(page);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `several-experiments-${colorScheme}`);
    await accessible(page);
  }
  // News come here too.
  await server.tell("hare", [{ metrics: { loss: 0.001 } }]);
  await page.getByRole("row", { name: /^hare.*0\.001/ }).first().waitFor();
  fine(TOLERATED);
  await context.close();
});

test("an experiment that is not there does not keep the others from being compared", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/compare?experiment=tortoise&experiment=none");
  await page.getByRole("alert").getByText("none").waitFor();
  await page.getByRole("row", { name: /^tortoise/ }).first().waitFor();
  await page.goto("/compare");
  await page.getByRole("heading", { name: "No experiments chosen" }).waitFor();
  await accessible(page);
  fine([...TOLERATED, /404.*none/]);
  await context.close();
});

test("the list shows how each came to its best, and asks for that where it is seen", async () => {
  const many = await new Server().start();
  for (let index = 0; index < 60; index += 1) await many.submit(asked(`number-${index}`));
  for (let index = 0; index < 60; index += 1) await many.tell(`number-${index}`, falling(1, 2));
  const { page, context, fine } = await open(many);
  const lines = [];
  page.on("request", (request) => request.url().includes("/points") && lines.push(request.url()));
  await page.goto("/");
  await page.getByRole("row", { name: /number-59/ }).locator(".spark path").waitFor({ state: "attached" });
  await page.waitForLoadState("networkidle");
  assert.ok(lines.length >= 10 && lines.length < 40, `${lines.length} lines were asked for`);
  await page.getByRole("row", { name: /number-0/ }).scrollIntoViewIfNeeded();
  await page.getByRole("row", { name: /number-0/ }).locator(".spark path").waitFor({ state: "attached" });
  assert.ok(lines.every((url) => url.endsWith("limit=1")));
  // A trial that is not better changes no line: it is not asked for again. One that is better does.
  const before = lines.length;
  await many.tell("number-0", [{ metrics: { loss: 5 } }]);
  await page.getByRole("row", { name: /number-0/ }).getByText("3 of 200").waitFor();
  assert.equal(lines.length, before);
  const again = page.waitForRequest(/number-0\/points/);
  await many.tell("number-0", [{ metrics: { loss: 0.1 } }]);
  await again;
  fine(TOLERATED);
  await context.close();
  await many.stop();
});
