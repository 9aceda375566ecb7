// The pictures of the README, from real runs of the examples: `tests/run.sh BINARY tests/readme.mjs`. No test: it writes into docs/.
import { test } from "node:test";
import { drawn, open, settled, stage, TOLERATED } from "./harness.mjs";

const server = stage(async (server) => {
  for (const name of ["early-stopping", "iris"]) {
    await server.example(name);
    await server.finished(name);
  }
});

const DOCS = new URL("../../docs/", import.meta.url).pathname;
/** A page, and the card with which the picture begins. */
const PICTURES = {
  experiment: ["/experiments/early-stopping"],
  parameters: ["/experiments/early-stopping", "Two parameters"],
  compare: ["/experiments/iris/compare?by=model"],
  "side-by-side": ["/experiments/early-stopping/side-by-side?trials=0,1,2,5"],
};

for (const [name, [path, card]] of Object.entries(PICTURES)) {
  test(name, async () => {
    const { page, context, fine } = await open(server, { viewport: { width: 1360, height: 960 } });
    await page.goto(path);
    await settled(page);
    await drawn(page);
    await page.getByText("Live", { exact: true }).waitFor();
    if (card) await page.locator(".card", { hasText: card }).first().evaluate((it) => scrollTo(0, it.offsetTop - 62));
    await page.screenshot({ path: `${DOCS}dashboard-${name}.png` });
    fine(TOLERATED);
    await context.close();
  });
}
