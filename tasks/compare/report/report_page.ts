import { type Html, html, type HtmlContent, trustedHtml } from "@videoms/core";
import { createHash } from "node:crypto";
import type { ReportData } from "./report_data.ts";
import { curves } from "./sections/curves.ts";
import { controls, costs, leftOut, results } from "./sections/results.ts";
import { environment, pictures, tasks } from "./sections/runs.ts";
import { STYLE } from "./style.ts";
import { summarise } from "./summarise.ts";

function sourceHash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** What the page may load: its own style and pictures, and for a live one its script and this server. */
function policyOf(script?: string): string {
  const live = script ? `; script-src ${sourceHash(script)}; connect-src 'self'` : "";
  return `default-src 'none'; img-src data:; style-src ${sourceHash(STYLE)}${live}; ` +
    "base-uri 'none'; form-action 'none'";
}

function isEmpty(content: HtmlContent): boolean {
  return content === null || (Array.isArray(content) && content.every(isEmpty));
}

/** The sections that have something to tell. */
function sectionsOf(data: ReportData): { id: string; title: string; content: HtmlContent }[] {
  const rows = summarise(data);
  return [
    { id: "results", title: "Results", content: results(data, rows) },
    { id: "controls", title: "Does it use motion?", content: controls(data) },
    { id: "left-out", title: "Left out", content: leftOut(data) },
    { id: "cost", title: "Cost", content: costs(data, rows) },
    { id: "learning", title: "Learning", content: curves(data, ["loss", "top1"]) },
    { id: "pictures", title: "Pictures", content: pictures(data) },
    { id: "schedule", title: "Schedule", content: curves(data, ["learningRate", "weightDecay"]) },
    {
      id: "throughput",
      title: "Throughput",
      content: curves(data, ["clipsPerSecond", "waitShare", "gradientNorm"]),
    },
    { id: "runs", title: "Runs", content: environment(data) },
    { id: "tasks", title: "Tasks", content: tasks(data) },
  ].filter(({ content }) => !isEmpty(content));
}

function body(data: ReportData): Html {
  const sections = sectionsOf(data);
  const members = data.variants.flatMap((variant) => variant.members);
  return html`
    <a class="skip" href="#results">Skip to the results</a>
    <header>
      <h1>${data.title}</h1>
      <p class="soft">${data.variants.length} variants, ${members.length} trainings</p>
      <nav aria-label="Sections">
        <ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul>
      </nav>
    </header>
    <main>${sections.map(({ id, title, content }) =>
      html`
        <section aria-labelledby="${id}"><h2 id="${id}" tabindex="-1">${title}</h2>
        ${content}</section>
      `
    )}</main>
    <footer>Made by VideoMS from the files of the runs.</footer>
  `;
}

/** A report as one HTML file that loads nothing else; only a live page has a script, to keep it up to date. */
export function reportPage(data: ReportData, script?: string): string {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${trustedHtml(policyOf(script))}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>${data.title} – VideoMS</title>
        <style>${trustedHtml(STYLE)}</style>
      </head>
      <body>${body(data)}${script ? trustedHtml(`<script>${script}</script>`) : null}</body>
    </html>
  `.html;
}
