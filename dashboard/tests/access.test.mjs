// Who may do what: a page for those without a token, nothing to press that would be refused, a cookie that no script can read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, open, picture, settled, stage, TOLERATED } from "./harness.mjs";

const tokens = {};

const server = stage(async (server) => {
  await server.submit({ name: "shared", objective: { metric: "loss", goal: "minimize" }, max_trials: 10, parameters: { x: { type: "float", min: 0, max: 1 } } });
  for (const role of ["admin", "editor", "viewer"]) {
    const headers = tokens.admin ? { authorization: `Bearer ${tokens.admin}` } : {};
    tokens[role] = (await server.ask("POST", "/tokens", { name: `the-${role}`, role }, headers)).token;
  }
});

async function signIn(page, token) {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("without a token there is a page that asks for one", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context, fine } = await open(server, { colorScheme });
    await page.goto("/experiments/shared");
    await page.waitForURL(/\/login$/);
    await page.getByRole("heading", { name: "Sign in to tune" }).waitFor();
    await accessible(page);
    await picture(page, `login-${colorScheme}`);
    fine();
    await context.close();
  }
});

test("a wrong token is refused, a good one leads where one wanted to go", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/experiments/shared");
  await signIn(page, "tune_wrong");
  await page.getByText("not known here").waitFor();
  await signIn(page, tokens.viewer);
  await page.getByRole("heading", { name: "shared", level: 1 }).waitFor();
  assert.equal(await page.evaluate(() => document.cookie), "");
  const [cookie] = await context.cookies();
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, "Strict");
  fine([...TOLERATED, /401.*session/]);
  await context.close();
});

test("a viewer finds nothing to press that would be refused", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/login");
  await signIn(page, tokens.viewer);
  await page.getByRole("link", { name: "shared" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "New experiment" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: /shared/ }).count(), 0);
  await page.goto("/experiments/shared");
  await settled(page);
  assert.equal(await page.getByRole("button", { name: /notes?$/ }).count(), 0);
  await page.goto("/system");
  await page.getByText("clients that ask for trials").waitFor();
  assert.equal(await page.getByRole("heading", { name: "Tokens" }).count(), 0);
  await page.goto("/new");
  await page.getByRole("heading", { name: /lets you look/ }).waitFor();
  fine(TOLERATED);
  await context.close();
});

test("an editor runs, but does not delete", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/login");
  await signIn(page, tokens.editor);
  await page.getByRole("button", { name: "More for shared" }).click();
  await page.getByRole("menuitem", { name: "New one like this" }).waitFor();
  assert.equal(await page.getByRole("menuitem", { name: "Delete…" }).count(), 0);
  fine(TOLERATED);
  await context.close();
});

test("an admin makes and revokes tokens; who is revoked is asked again; who leaves is gone", async () => {
  const { page, context, fine } = await open(server);
  await page.goto("/login");
  await signIn(page, tokens.admin);
  await page.getByRole("link", { name: "System" }).click();
  await page.getByRole("heading", { name: "Tokens" }).waitFor();
  await page.getByLabel("Name of the new token").fill("guest");
  await page.getByRole("button", { name: "Make a token" }).click();
  const shown = await page.locator(".notice code").textContent();
  await picture(page, "tokens-light");
  await accessible(page);

  const guest = await open(server);
  await guest.page.goto("/login");
  await signIn(guest.page, shown);
  await guest.page.getByRole("link", { name: "shared" }).click();
  await guest.page.getByRole("heading", { name: "shared", level: 1 }).waitFor();

  await page.getByRole("button", { name: "Revoke guest" }).click();
  await page.getByRole("button", { name: "Revoke it" }).click();
  await page.getByText("guest is revoked").waitFor();
  await guest.page.getByRole("link", { name: "Trials" }).click();
  await guest.page.getByRole("heading", { name: "Sign in to tune" }).waitFor();
  guest.fine([...TOLERATED, /401/]);

  await page.getByRole("button", { name: "the-admin, admin" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to tune" }).waitFor();
  assert.deepEqual(await context.cookies(), []);
  fine([...TOLERATED, /401/]);
  await guest.context.close();
  await context.close();
});
