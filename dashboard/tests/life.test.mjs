// What happens while one looks: an experiment from its first line to its best, news as they come, a server that goes and comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, atRest, open, show, stage, TOLERATED } from "./harness.mjs";

const server = stage();

/** The figure under a label. */
const figure = (page, label) => page.locator(".stat", { hasText: label }).locator("dd");

test("from an example to the best configuration by clicks alone", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/");
  await page.getByRole("link", { name: "Start from an example" }).click();
  await page.getByText("The file is right").waitFor();
  await page.getByRole("button", { name: "Run" }).click();
  await page.getByRole("heading", { name: "iris", level: 1 }).waitFor();
  await page.locator(".badge", { hasText: "succeeded" }).first().waitFor({ timeout: 120_000 });
  await figure(page, "Finished trials").filter({ hasText: /^40/ }).waitFor();
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByText("tends to be better among these trials:").waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("button", { name: "Copy as YAML" }).click();
  await page.getByRole("status").filter({ hasText: "Copied as YAML" }).waitFor({ state: "attached" });
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const best = await server.ask("GET", "/experiments/iris/best");
  assert.match(copied, new RegExp(`^model: ${best.parameters.model}\n`));
  await page.getByRole("button", { name: "Copy as args" }).click();
  await page.getByRole("status").filter({ hasText: "Copied as args" }).waitFor({ state: "attached" });
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^--model=\w+ --n-estimators=\d+/);
  fine(TOLERATED);
  await context.close();
});

test("what is wrong with a file is said at its line, and nothing is made of it", async () => {
  await server.submit({ name: "draft", objective: { metric: "loss", goal: "minimize" }, max_trials: 1, parameters: { x: { type: "float", min: 0, max: 1 } } });
  const { page, context, fine } = await open(server);
  await page.goto("/new?from=draft");
  const editor = page.getByRole("textbox", { name: "Experiment file" });
  await editor.getByText("draft-2").waitFor();
  await page.getByText("The file is right").waitFor();
  await editor.fill("name: <script>alert(1)</script>\nobjective: { metric: loss, goal: up }\n");
  await page.getByText("Line 2, column").first().waitFor();
  assert.ok(await page.getByRole("button", { name: "Run" }).isDisabled());
  await page.locator(".cm-lint-marker-error").first().waitFor();
  // The server's refusals are what the test is about.
  fine([...TOLERATED, /status of 422.*dry_run/]);
  await context.close();
});

test("news come by themselves, also after the server was away", async () => {
  await server.submit({ name: "watched", objective: { metric: "loss", goal: "minimize" }, max_trials: 100, parameters: { x: { type: "float", min: 0, max: 1 } } });
  const { page, context, fine } = await open(server);
  const asked = [];
  await page.goto("/experiments/watched");
  await page.getByRole("heading", { name: "No trials yet" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await server.tell("watched", [{ metrics: { loss: 0.25 } }]);
  await figure(page, "Best loss").getByText("0.25").waitFor();
  await figure(page, "Finished trials").filter({ hasText: /^1/ }).waitFor();
  await atRest(page);
  page.on("request", (request) => asked.push(request.url()));
  await page.waitForTimeout(1500);
  assert.deepEqual(asked, [], "nothing is asked while nothing happens");

  await server.kill();
  await page.getByText("Connection lost").waitFor();
  await server.again();
  await page.getByText("Live", { exact: true }).waitFor();
  await server.tell("watched", [{ metrics: { loss: 0.125 } }]);
  await figure(page, "Best loss").getByText("0.125").waitFor();
  await page.getByRole("link", { name: "Trials" }).click();
  await page.getByText("2 trials").waitFor();
  await server.tell("watched", [{ state: "failed", reason: "no luck" }]);
  await page.getByText("3 trials").waitFor();
  fine([...TOLERATED, /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/]);
  await context.close();
});

test("an experiment is paused, resumed, cancelled and deleted, and asked about before", async () => {
  await server.submit("name: steered\nobjective: { metric: loss, goal: minimize }\nmax_trials: 500\nparallel_trials: 1\nparameters: { x: { type: float, min: 0, max: 1 } }\npipeline: { train: { run: 'echo loss=1; sleep 0.2' } }\n");
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/steered");
  await page.getByRole("button", { name: "Pause steered" }).click();
  await page.locator(".badge", { hasText: "paused" }).first().waitFor();
  await page.getByRole("button", { name: "Resume steered" }).click();
  await page.locator(".badge", { hasText: "running" }).first().waitFor();
  await page.getByRole("button", { name: "More for steered" }).click();
  await page.getByRole("menuitem", { name: "Cancel…" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "More for steered" }).click();
  await page.getByRole("menuitem", { name: "Cancel…" }).click();
  await page.getByRole("button", { name: "Cancel the experiment" }).click();
  await page.locator(".badge", { hasText: "cancelled" }).first().waitFor();
  await page.getByRole("button", { name: "More for steered" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete for ever" }).click();
  await page.getByRole("heading", { name: "Experiments" }).waitFor();
  await page.getByText("steered is deleted").waitFor();
  await page.getByRole("link", { name: "steered", exact: true }).waitFor({ state: "detached" });
  fine([...TOLERATED, /404.*steered/]);
  await context.close();
});

test("tags and notes are written, shown and found again", async () => {
  await server.submit({ name: "noted", tags: ["first"], objective: { metric: "loss", goal: "minimize" }, max_trials: 2, parameters: { x: { type: "float", min: 0, max: 1 } } });
  await server.tell("noted", [{ metrics: { loss: 0.5 } }]);
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/noted");
  await page.getByRole("button", { name: "Edit notes" }).click();
  await page.getByLabel("Tags, parted by spaces").fill("second <b>third</b>");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("is no tag").waitFor();
  await page.getByLabel("Tags, parted by spaces").fill("second, third");
  await page.getByRole("textbox", { name: "Note" }).fill("<script>alert(1)</script>\nlooks good");
  await accessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".notes p", { hasText: "looks good" }).waitFor();
  await page.locator(".chips", { hasText: "secondthird" }).waitFor();
  // What others write comes by itself.
  await server.ask("PATCH", "/experiments/noted/notes", { add_tags: ["fourth"] });
  await page.locator(".chips", { hasText: "fourth" }).waitFor();
  await page.goto("/experiments/noted/trials/0");
  await page.getByRole("button", { name: "Add tags or a note" }).click();
  await page.getByRole("textbox", { name: "Note" }).fill("a good one");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".notes p", { hasText: "a good one" }).waitFor();
  assert.equal((await server.ask("GET", "/experiments/noted/trials/0")).note, "a good one");
  await page.goto("/");
  await page.getByLabel("Search experiments").fill("fourth");
  await page.locator("tbody tr").nth(1).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "noted", exact: true }).waitFor();
  fine([...TOLERATED, /status of 422.*notes/]);
  await context.close();
});

test("a tab behind others holds no connection, and catches up when it is looked at again", async () => {
  await server.submit({ name: "aside", objective: { metric: "loss", goal: "minimize" }, max_trials: 100, parameters: { x: { type: "float", min: 0, max: 1 } } });
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/aside");
  await page.getByText("Live", { exact: true }).waitFor();
  const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("/events?"));
  await show(page, false);
  await ended;
  await server.tell("aside", [{ metrics: { loss: 0.5 } }]);
  await show(page, true);
  await figure(page, "Best loss").getByText("0.5").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await server.tell("aside", [{ metrics: { loss: 0.25 } }]);
  await figure(page, "Best loss").getByText("0.25").waitFor();
  fine(TOLERATED);
  await context.close();
});

test("from the list of experiments to the log of a step without a mouse", async () => {
  await server.submit("name: by-hand\nobjective: { metric: loss, goal: minimize }\nmax_trials: 3\nparallel_trials: 1\nparameters: { x: { type: float, min: 0, max: 1 } }\npipeline: { first: { run: 'echo from the first' }, second: { needs: first, run: 'echo loss=1' } }\n");
  await server.finished("by-hand");
  const { page, context, fine } = await open(server);
  await page.goto("/");
  await page.getByRole("link", { name: "by-hand", exact: true }).waitFor();
  /** Tabs on until that has the focus; how it shows is looked at too. */
  const reach = async (target, most = 60) => {
    for (let pressed = 0; pressed < most; pressed += 1) {
      if (await target.evaluate((it) => it === document.activeElement)) {
        assert.notEqual(await target.evaluate((it) => getComputedStyle(it).outlineStyle), "none");
        return;
      }
      await page.keyboard.press("Tab");
    }
    assert.fail(`the keyboard does not reach ${target}`);
  };
  await page.keyboard.press("Tab");
  await page.getByRole("link", { name: "Skip to content" }).waitFor();
  await page.keyboard.press("Enter");
  await reach(page.getByRole("link", { name: "by-hand", exact: true }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "by-hand", level: 1 }).waitFor();
  await reach(page.getByRole("link", { name: /^Trials/ }));
  await page.keyboard.press("Enter");
  await page.getByText("3 trials").waitFor();
  await reach(page.getByRole("table", { name: "Trials" }).getByRole("link", { name: /^1/ }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Trial 1" }).waitFor();
  const first = page.getByRole("button", { name: /^first/ });
  // A ring around a step is drawn by the picture itself.
  for (let pressed = 0; pressed < 40 && !(await first.evaluate((it) => it === document.activeElement)); pressed += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("log").getByText("from the first").waitFor();
  await page.getByPlaceholder("Search the log").focus();
  await page.keyboard.type("from");
  await page.getByText("1 of 1").waitFor();
  fine(TOLERATED);
  await context.close();
});
