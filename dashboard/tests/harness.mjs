// A real server on a scratch store, and a real browser that looks at it. What no page may ever do is watched for on every page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const BINARY = process.env.TUNE_BINARY;
const SCREENSHOTS = process.env.SCREENSHOTS;
const ROOT = new URL("../..", import.meta.url).pathname;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** `tune serve` in the folder of the examples. */
export class Server {
  async start() {
    this.store = mkdtempSync(join(tmpdir(), "tune-dashboard-"));
    await this.up("127.0.0.1:0");
    return this;
  }

  async up(listen) {
    const args = ["serve", "--listen", listen, "--slots", "2", "--grace", "0s"];
    const { TUNE_SERVER: _, ...env } = process.env;
    this.process = spawn(BINARY, args, { cwd: join(ROOT, "examples"), env: { ...env, TUNE_STORE: this.store }, stdio: ["ignore", "pipe", "ignore"] });
    this.ended = new Promise((done) => this.process.once("exit", done));
    this.url = await new Promise((found, failed) => {
      let text = "";
      this.process.stdout.on("data", (part) => {
        text += part;
        const match = /https?:\/\/\S+/.exec(text);
        if (match) found(match[0]);
      });
      this.ended.then((code) => failed(new Error(`the server ended with ${code}`)));
    });
  }

  /** Killed, as a crash or a reboot would. */
  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  /** Up again at the same address, with the same store. */
  async again() {
    await this.up(new URL(this.url).host);
  }

  async stop() {
    if (this.process) await this.kill();
    if (this.store) rmSync(this.store, { recursive: true, force: true });
  }

  async ask(method, path, body, headers = {}) {
    const init = { method, headers: { ...headers } };
    if (body !== undefined) {
      init.headers["content-type"] = typeof body === "string" ? "application/yaml" : "application/json";
      init.body = typeof body === "string" ? body : JSON.stringify(body);
    }
    const response = await fetch(`${this.url}/api/v1${path}`, init);
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.status === 204 ? undefined : response.json();
  }

  submit(document) {
    return this.ask("POST", "/experiments", document);
  }

  example(name) {
    return this.submit(readFileSync(join(ROOT, "examples", `${name}.yaml`), "utf8"));
  }

  /** Until the experiment has come to its end, as its events tell. */
  async finished(name, headers = {}) {
    const events = await fetch(`${this.url}/api/v1/experiments/${name}/events`, { headers });
    const decoder = new TextDecoder();
    let text = "";
    for await (const part of events.body) {
      text += decoder.decode(part, { stream: true });
      if (/event: experiment\ndata: .*"state":"(succeeded|failed|cancelled)"/.test(text)) return;
    }
    throw new Error(`the events of ${name} ended before it did`);
  }

  /** Trials that are asked for and told at once. */
  async tell(name, tells) {
    const { trials } = await this.ask("POST", `/experiments/${name}/ask`, { count: tells.length });
    await Promise.all(trials.map((it, index) => this.ask("POST", `/experiments/${name}/trials/${it.number}/tell`, tells[index])));
    return trials;
  }
}

let chrome;

/** What every file of tests begins with: a browser, and a server on which `prepare` has been done; both end with the tests. */
export function stage(prepare = async () => undefined) {
  const server = new Server();
  before(async () => {
    await server.start();
    chrome = await browser();
    await prepare(server);
  });
  after(async () => {
    await chrome?.close();
    await server.stop();
  });
  return server;
}

/** What no page can help: without enough results, the server does not tell what matters. */
export const TOLERATED = [/4(09|22).*\/(importance|compare)/];

/** A browser without a past. */
function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: CHROMIUM });
}

/** A page on which nothing may go wrong; `tolerated` are patterns of console errors that belong to the test. */
export async function open(server, options = {}) {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 }, baseURL: server.url, acceptDownloads: true, reducedMotion: "reduce", ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const wrong = [];
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
    window.alert = () => console.error("a script of somebody else has run");
  });
  page.on("console", (message) => message.type() === "error" && wrong.push(`${message.text()} ${message.location().url ?? ""}`));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:"].includes(url.protocol) && url.host !== new URL(server.url).host) wrong.push(`a request to ${url.host}`);
  });
  page.setDefaultTimeout(30_000);
  return {
    page,
    context,
    /** Nothing has gone wrong so far, but for what the test brought about. */
    fine(tolerated = []) {
      const left = wrong.filter((it) => !tolerated.some((pattern) => pattern.test(it)));
      assert.deepEqual(left, []);
    },
  };
}

/** Whether people who cannot see it can use it. */
export async function accessible(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter((it) => ["serious", "critical"].includes(it.impact));
  assert.deepEqual(serious.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 200)).join("; ")}`), []);
}

/** All charts show what they are to show, those that are not in sight too. */
export async function drawn(page) {
  await page.waitForFunction(() => !document.querySelector("main [aria-busy=true]") && [...document.querySelectorAll(".chart > div")].every((it) => it.dataset.drawn === "true"));
}

/** A picture of the whole page, where the caller wants some. */
export async function picture(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await drawn(page);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Draws from one place of a chart to another, both as shares of its width and height, once the page has come to rest. */
export async function drag(page, chart, [x0, y0], [x1, y1]) {
  await chart.locator("canvas").first().waitFor();
  await drawn(page);
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + x0 * box.width, box.y + y0 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + x1 * box.width, box.y + y1 * box.height, { steps: 8 });
  await page.mouse.up();
}

/** As when another tab comes before the page, or it before the others again. */
export async function show(page, visible) {
  await page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, visible ? "visible" : "hidden");
}

/** The page has not asked for anything for a while: what the last news had it ask for is there. */
export async function atRest(page) {
  await new Promise((done) => {
    const over = () => {
      page.off("request", again);
      done();
    };
    let timer = setTimeout(over, 1000);
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(over, 1000);
    };
    page.on("request", again);
  });
}

/** The page has what it asked for. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("main") && !document.querySelector(".skeleton"));
}
