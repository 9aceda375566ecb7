// What is larger than a page can show.
import assert from "node:assert/strict";
import { test } from "node:test";
import { drag, drawn, open, picture, settled, stage, TOLERATED } from "./harness.mjs";

const BYTES = 100_000_000;

const server = stage();

test("of a log of 100 MB the end is shown, searched, and the whole is offered", async () => {
  await server.submit(`
name: talkative
objective: { metric: loss, goal: minimize }
max_trials: 1
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  talk:
    run: |
      yes 'a line like all the others, of which there are more than a million in this log' | head -c ${BYTES}
      printf '\\nthe last but one\\nloss=0.5\\n'
`);
  await server.finished("talkative");
  const { page, context, fine } = await open(server);
  const read = [];
  page.on("response", (response) => response.url().includes("/log?") && read.push(response));
  await page.goto("/experiments/talkative/trials/0");
  const log = page.getByRole("log");
  await log.getByText("loss=0.5").waitFor();
  await page.getByText("the last 2").waitFor();
  await settled(page);
  assert.ok((await log.locator(".line").count()) < 200);
  await page.getByPlaceholder("Search the log").fill("the last but");
  await page.getByText("1 of 1").waitFor();
  await log.locator("mark", { hasText: "the last but" }).waitFor();
  await page.getByPlaceholder("Search the log").fill("line like all");
  await page.getByText(/^1 of \d{5}$/).waitFor();
  await picture(page, "talkative-light");
  // No more has been read than what is shown.
  const sizes = await Promise.all(read.map((it) => it.body().then((body) => body.length)));
  assert.ok(sizes.every((it) => it <= 2 << 20), `${sizes}`);
  const whole = await page.getByRole("link", { name: "Download" }).last().getAttribute("href");
  const response = await fetch(`${server.url}${whole}`);
  let size = 0;
  for await (const part of response.body) size += part.length;
  assert.ok(size > BYTES, `${size} bytes`);
  fine(TOLERATED);
  await context.close();
});

test("thousands of trials are drawn as a sample, in every chart", async () => {
  await server.submit({ name: "many", objective: { metric: "loss", goal: "minimize" }, algorithm: "random", max_trials: 4000, parameters: { x: { type: "float", min: 0, max: 1 }, y: { type: "float", min: 0, max: 1 }, z: { type: "categorical", values: ["a", "b", "c"] } } });
  for (let round = 0; round < 16; round += 1) await server.tell("many", Array.from({ length: 250 }, (_, index) => ({ metrics: { loss: 1 + ((index * 7919 + round) % 250) / 250 - round / 100 } })));
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/many");
  await page.getByText("of 4,000 trials drawn").waitFor();
  // Those that are not in sight are drawn too, without anybody scrolling to them.
  await drawn(page);
  assert.ok((await page.locator(".chart canvas").count()) >= 8);
  await picture(page, "many-light");
  // Though they are one picture, each is told of where it lies, chosen by a rectangle, and opened.
  const selected = page.getByRole("heading", { name: /^Selected trials/ });
  for (const [name, from, to] of [[/^Objective of every trial/, [0.3, 0.3], [0.6, 0.7]], [/^loss by x$/, [0.3, 0.3], [0.6, 0.7]], [/as parallel coordinates$/, [46 / 900, 0.4], [46 / 900, 0.6]]]) {
    const chart = page.getByRole("img", { name });
    const { width } = await chart.boundingBox();
    const across = ([x, y]) => [from[0] === to[0] ? 46 / width : x, y];
    await drag(page, chart, across(from), across(to));
    await selected.waitFor();
    await page.getByRole("button", { name: "Clear the selection" }).click();
    await selected.waitFor({ state: "detached" });
  }
  await drawn(page);
  const told = await pointAtSome(page, page.getByRole("img", { name: /^Objective of every trial/ }));
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(`**/experiments/many/trials/${told}`);
  fine(TOLERATED);
  await context.close();
});

/** Points along the middle of a chart until a trial is told of: its number. */
async function pointAtSome(page, chart) {
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  for (let x = 60; x < box.width - 30; x += 5) {
    await page.mouse.move(box.x + x, box.y + box.height / 2);
    const tip = page.locator(".tip:visible b");
    if (await tip.count()) return (await tip.textContent()).replace("Trial ", "");
  }
  return assert.fail("no trial is told of");
}
