import assert from "node:assert/strict";
import { parse } from "acorn";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { findProgram } from "../../data/files/find_program.ts";

/** Chromium, or null where there is none; pages are then not tested. */
export const CHROMIUM = findProgram("chromium");

/** WebGPU on Chromium's own software driver; its sandbox refuses to start for the superuser, as in CI's containers. */
const ARGS = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** Starts Chromium without a window. */
export async function openBrowser(...args: string[]): Promise<Browser & AsyncDisposable> {
  return await chromium.launch({ executablePath: CHROMIUM!, args: [...ARGS, ...args] }) as
    & Browser
    & AsyncDisposable;
}

/** A page of a server, with what it should not have done: messages, errors, requests to others. */
export async function openPage(
  browser: Browser,
  url: string,
): Promise<{ page: Page; trouble: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000); // cores may be busy with other tests
  const trouble: string[] = [];
  page.on("console", (message) => trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(url) && !/^(blob|data):/.test(to)) trouble.push(to);
  });
  await page.goto(url);
  return { page, trouble };
}

/** Presses Tab until the control of a name has the focus. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if (await page.locator(`${selector}:focus`).count() > 0) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no way to ${selector} by the keyboard`);
}

/** What axe finds wrong with the page. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`${axe.source}; undefined`);
  return await page.evaluate(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))",
  );
}

/** The page on a narrow screen and a wide one, light and dark, is as wide as the screen, and axe finds nothing wrong. */
export async function fitsAll(page: Page): Promise<void> {
  for (const [width, colorScheme] of [[390, "light"], [1400, "dark"]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
    assert.deepEqual(await violations(page), []);
  }
}

/** Any browser of the last years reads the code: what is newer in the language stops a page before its first line. */
export function assertReadable(files: Iterable<readonly [name: string, bytes: Uint8Array]>): void {
  for (const [name, bytes] of files) {
    if (!name.endsWith(".js")) continue;
    parse(new TextDecoder().decode(bytes), { ecmaVersion: 2024, sourceType: "module" });
  }
}
