import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { readGoldenCases } from "../../tasks/commands/verify/verify.ts";
import { bundlePage, serveSite, type SiteFiles } from "../../studio/mod.ts";
import { CHROMIUM, openBrowser, openPage } from "./browser_page.ts";
import type { GoldenAnswer, GoldenRequest } from "./golden_worker.ts";

const CASES = new URL("../../tasks/commands/verify/cases/", import.meta.url);

/** Lets a page's worker run the cases; a text, since the page has types of its own. */
const RUN = `(request) => new Promise((resolve, reject) => {
  const worker = new Worker("golden.js", { type: "module" });
  worker.onmessage = ({ data }) => {
    worker.terminate();
    data.error ? reject(new Error(data.error)) : resolve(data);
  };
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(request);
})`;

async function goldenSite(cases: readonly string[]): Promise<SiteFiles> {
  const files = await bundlePage({ golden: import.meta.resolve("./golden_worker.ts") });
  files.set(
    "index.html",
    new TextEncoder().encode('<!doctype html><link rel="icon" href="data:,">'),
  );
  for (const name of cases) {
    const file = `${name}.safetensors`;
    files.set(file, await Deno.readFile(new URL(file, CASES)));
  }
  return files;
}

/** Leaves workgroup memory as it is: a software GPU compiles a store for every number of it that is made zero. */
const QUICKER = "--enable-dawn-features=disable_workgroup_init";

/** What a page is asked that may share memory between threads, and one that may not. */
function asked(cases: string[]): { isolated: boolean; requests: GoldenRequest[] }[] {
  const cpu = { backend: "wasm", cases } as const;
  return [
    { isolated: true, requests: [cpu, { backend: "webgpu", cases, loseGpu: true }] },
    { isolated: false, requests: [cpu] },
  ];
}

async function checkAnswers(page: Page, isolated: boolean, request: GoldenRequest): Promise<void> {
  const answer = await page.evaluate(`(${RUN})(${JSON.stringify(request)})`) as GoldenAnswer;
  assert.deepEqual(answer.misses, []);
  assert.ok(answer.quantities > 5 * request.cases.length);
  const isShared = request.backend === "wasm" && isolated;
  assert.equal(answer.threads > 1, isShared && navigator.hardwareConcurrency > 1);
  if (request.loseGpu) assert.match(answer.lost!, /^The GPU was lost and has been replaced/);
}

Deno.test({
  name:
    "page: every quantity of the recorded cases on WebGPU and on the CPU, with threads and without [chromium]",
  ignore: CHROMIUM === null,
  async fn() {
    const cases = (await readGoldenCases()).map(({ name }) => name);
    const files = await goldenSite(cases);
    const stop = new AbortController();
    const { signal } = stop;
    const browser = await openBrowser(QUICKER);
    try {
      for (const { isolated, requests } of asked(cases)) {
        const server = serveSite(files, { port: 0, isolated, signal, token: "t0ken" });
        const { page, trouble } = await openPage(browser, server.url);
        for (const request of requests) await checkAnswers(page, isolated, request);
        assert.deepEqual(trouble, []);
        await page.close();
      }
    } finally {
      await browser.close();
      stop.abort();
    }
  },
});
