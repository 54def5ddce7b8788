import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { findProgram } from "../../../data/files/find_program.ts";
import { readReport } from "../../../tasks/compare/report/read_report.ts";
import { reportPage } from "../../../tasks/compare/report/report_page.ts";
import { comparedRuns } from "./real_runs.ts";

const CHROMIUM = findProgram("chromium");

/** What is wrong with the page as it is drawn, for the browser to find out. */
const LAYOUT = `(() => {
  const seen = [...document.querySelectorAll("figure [role=img] svg")]
    .map((one) => one.getBoundingClientRect()).filter(({ width }) => width > 0);
  const overlap = seen.some((one, at) => at > 0 && one.top < seen[at - 1].bottom);
  const charts = document.querySelectorAll("figure [role=img]").length;
  const fits = document.documentElement.scrollWidth <= innerWidth;
  return { charts, drawn: seen.filter(({ height }) => height > 100).length, overlap, fits };
})()`;

Deno.test({
  name: "report: Chromium draws all charts, narrow and wide, light and dark, and loads nothing",
  ignore: CHROMIUM === null,
  async fn() {
    const folder = await Deno.makeTempDir();
    const runs = await comparedRuns();
    const file = join(folder, "report.html");
    await Deno.writeTextFile(file, reportPage(await readReport(runs)));
    // Chromium's sandbox refuses to start for the superuser, as in CI's containers.
    const args = ["--no-sandbox"];
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args });
    try {
      for (const width of [390, 1400]) {
        for (const colorScheme of ["light", "dark"] as const) {
          const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
          const trouble: string[] = [];
          page.on("console", (message) => trouble.push(message.text()));
          page.on("pageerror", (error) => trouble.push(String(error)));
          page.on("request", (request) => {
            if (!/^(file|data):/.test(request.url())) trouble.push(request.url());
          });
          await page.goto(pathToFileURL(file).href);
          const layout = await page.evaluate(LAYOUT) as { charts: number };
          const { charts } = layout;
          assert.ok(charts > 5);
          assert.deepEqual(layout, { charts, drawn: charts, overlap: false, fits: true });
          assert.deepEqual(trouble, []);
          await page.close();
        }
      }
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
