// What can be done with a mouse can be done with the keyboard alone, and what has the focus is seen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, stage, TOLERATED } from "./harness.mjs";

const PASTED = `name: pasted
objective: { metric: loss, goal: minimize }
algorithm: random
max_trials: 24
parallel_trials: 2
parameters:
  x: { type: float, min: 0, max: 1 }
  kind: { type: categorical, values: [good, bad] }
pipeline:
  train: { run: 'if [ \${{ params.kind }} = good ]; then echo loss=0.1\${{ trial.number }}; else echo loss=0.9\${{ trial.number }}; fi' }
`;

const server = stage();

const focused = (target) => target.evaluate((it) => it === document.activeElement);

/** Tabs on (or back) until that has the focus, and shows it. */
async function reach(page, target, { key = "Tab", most = 60 } = {}) {
  for (let pressed = 0; pressed <= most; pressed += 1) {
    if ((await target.count()) === 1 && (await focused(target))) {
      const shown = await target.evaluate((it) => [getComputedStyle(it).outlineStyle, getComputedStyle(it.closest(".editor, .field") ?? it).boxShadow]);
      assert.ok(shown[0] !== "none" || shown[1] !== "none", `the focus shows at ${target}`);
      return;
    }
    await page.keyboard.press(key);
  }
  assert.fail(`the keyboard does not reach ${target}`);
}

const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

/** Waits until what has the focus is of that role and says that: a menu takes the focus a moment after it is seen. */
const hasFocus = (page, { role, text = "" }) =>
  page.waitForFunction(
    ([role, text]) => document.activeElement.getAttribute("role") === role && document.activeElement.textContent.includes(text),
    [role, text],
  );

/** Opens the menu of what has the focus, and waits until the menu has it: a key pressed before would go to the button. */
async function openMenu(page) {
  await press(page, "Enter");
  await page.waitForFunction(() => document.activeElement.closest("[role=menu]"));
}

test("from a pasted file to the best configuration by keyboard alone", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/");
  await page.getByRole("link", { name: "Start from an example" }).waitFor();
  await reach(page, page.getByRole("link", { name: "New experiment" }));
  await press(page, "Enter");

  // Paste.
  const editor = page.getByRole("textbox", { name: "Experiment file" });
  await editor.waitFor();
  await reach(page, editor);
  await page.evaluate((text) => navigator.clipboard.writeText(text), PASTED);
  const checked = page.waitForResponse((it) => it.url().includes("dry_run") && it.request().postData().includes("name: pasted"));
  await press(page, "ControlOrMeta+a", "ControlOrMeta+v");
  await checked;
  await page.getByText("The file is right").waitFor();

  // The editor indents with Tab, and lets go after Escape.
  await press(page, "Escape", "Shift+Tab");
  await page.waitForFunction(() => !document.activeElement.closest(".cm-editor"));
  const run = page.getByRole("button", { name: "Run" });
  await reach(page, run, { key: "Shift+Tab", most: 10 });
  await press(page, "Enter");

  // Run, and watch.
  await page.getByRole("heading", { name: "pasted", level: 1 }).waitFor();
  await page.locator(".badge", { hasText: "succeeded" }).first().waitFor();
  await page.locator(".stat", { hasText: "Finished trials" }).filter({ hasText: "24" }).waitFor();

  // Compare.
  await reach(page, page.getByRole("link", { name: "Compare", exact: true }));
  await press(page, "Enter");
  const by = page.getByRole("combobox", { name: "Compare by" });
  await by.waitFor();
  await page.getByText("good tends to be better").waitFor();
  await reach(page, by);
  await press(page, "ArrowUp");
  await page.waitForURL(/by=x/);
  await page.getByRole("columnheader", { name: "Range" }).waitFor();
  await press(page, "ArrowDown");
  await page.getByText("good tends to be better").waitFor();

  // Copy the best.
  await reach(page, page.getByRole("link", { name: "Overview" }), { key: "Shift+Tab" });
  await press(page, "Enter");
  const copy = page.getByRole("button", { name: "Copy as args" });
  await copy.waitFor();
  await reach(page, copy);
  await press(page, "Enter");
  await page.getByRole("status").filter({ hasText: "Copied as args" }).waitFor({ state: "attached" });
  const best = await server.ask("GET", "/experiments/pasted/best");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `--x=${best.parameters.x} --kind=good`);
  fine(TOLERATED);
  await context.close();
});

test("menus and questions open, are gone through and let go by keyboard", async () => {
  await server.submit({ name: "kept", objective: { metric: "loss", goal: "minimize" }, max_trials: 5, parameters: { x: { type: "float", min: 0, max: 1 } } });
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/kept");
  const more = page.getByRole("button", { name: "More for kept" });
  await more.waitFor();
  await reach(page, more);
  await openMenu(page);
  await press(page, "End");
  await hasFocus(page, { role: "menuitem", text: "Delete…" });
  await press(page, "Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "More for kept");
  await openMenu(page);
  await press(page, "End");
  await hasFocus(page, { role: "menuitem", text: "Delete…" });
  await press(page, "Enter");
  const question = page.getByRole("alertdialog");
  await page.waitForFunction(() => document.activeElement.closest("[role=alertdialog]"));
  for (let pressed = 0; pressed < 5; pressed += 1) {
    await press(page, "Tab");
    assert.ok(await question.evaluate((it) => it.contains(document.activeElement)), "the focus stays with the question");
  }
  await press(page, "Escape");
  await question.waitFor({ state: "detached" });
  assert.equal((await server.ask("GET", "/experiments/kept")).name, "kept");

  // A theme is chosen with the arrows.
  await reach(page, page.getByRole("button", { name: "Light or dark" }), { key: "Shift+Tab" });
  await openMenu(page);
  await press(page, "End");
  await hasFocus(page, { role: "menuitemradio", text: "Dark" });
  await press(page, "Enter");
  await page.locator("html[data-theme=dark]").waitFor();
  fine(TOLERATED);
  await context.close();
});

test("experiments and trials are found by their tags", async () => {
  const asked = { objective: { metric: "loss", goal: "minimize" }, algorithm: "random", max_trials: 9, parameters: { x: { type: "float", min: 0, max: 1 } } };
  await server.submit({ ...asked, name: "first", tags: ["night", "gpu"] });
  await server.submit({ ...asked, name: "second", tags: ["night"] });
  await server.submit({ ...asked, name: "third" });
  await server.tell("second", [0.5, 0.25, 0.75].map((loss) => ({ metrics: { loss } })));
  await server.ask("PATCH", "/experiments/second/trials/1/notes", { add_tags: ["good"] });
  const { page, context, fine } = await open(server);
  await page.goto("/");
  const names = () => page.locator("tbody .name > a").allTextContents();
  const search = page.getByRole("searchbox", { name: "Search experiments" });
  await page.getByRole("link", { name: "third", exact: true }).waitFor();
  await page.getByRole("row", { name: /first/ }).getByRole("button", { name: "night" }).click();
  await page.getByRole("link", { name: "third", exact: true }).waitFor({ state: "detached" });
  assert.deepEqual((await names()).sort(), ["first", "second"]);
  assert.equal(await search.inputValue(), "night");
  await search.fill("gpu");
  await page.getByRole("link", { name: "second", exact: true }).waitFor({ state: "detached" });
  assert.deepEqual(await names(), ["first"]);
  await search.fill("no such tag");
  await page.getByRole("heading", { name: "Nothing matches" }).waitFor();

  await page.goto("/experiments/second/trials");
  await page.getByText("3 trials").waitFor();
  const filter = page.getByRole("button", { name: "Filter", exact: true });
  await filter.click();
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "What to filter by");
  await press(page, "Escape");
  await page.waitForFunction(() => document.activeElement.textContent.trim() === "Filter");
  await press(page, "Enter");
  await page.getByLabel("What to filter by").selectOption("tag");
  await page.getByLabel("Value").fill("good");
  await press(page, "Enter");
  await page.getByText("1 trial", { exact: true }).waitFor();
  await page.waitForURL(/where=tag%3Dgood/);
  await page.getByRole("table", { name: "Trials" }).getByRole("link", { name: /^1/ }).waitFor();
  await page.getByRole("button", { name: "Remove the filter tag=good" }).click();
  await page.getByText("3 trials").waitFor();
  fine(TOLERATED);
  await context.close();
});
