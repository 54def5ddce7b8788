import { type LocalServer, serveLocally } from "@videoms/studio";
import { readReport } from "../read_report.ts";
import { reportPage } from "../report_page.ts";
import { filesVersion } from "./files_version.ts";

/** Milliseconds between two looks at the files of a run. */
const LOOK_EVERY = 2000;

/**
 * The script of a live page: takes over what the server has new, and keeps the place on the page and
 * what is folded out.
 */
const LIVE_SCRIPT = `
const keys = () => [...document.querySelectorAll("details")];
async function update() {
  const answer = await fetch("/").catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = keys().map((one) => one.open);
  for (const part of ["header", "main"]) {
    const now = document.querySelector(part), then = fresh.querySelector(part);
    if (now && then) now.replaceWith(document.adoptNode(then));
  }
  keys().forEach((one, at) => { one.open = open[at] ?? false; });
}
let tag = null;
setInterval(async () => {
  const answer = await fetch("/version").catch(() => null);
  if (!answer || !answer.ok) return;
  const now = await answer.text();
  if (tag !== null && now !== tag) await update();
  tag = now;
}, ${LOOK_EVERY});
`;

/**
 * Serves the report of runs on this machine alone, made from the files as they are, and what tells a page that has
 * it whether they have changed.
 *
 * @param port 0 for any that is free
 * @param signal stops the server
 * @throws {Error} if the port cannot be had
 */
export function serveReport(
  folders: readonly string[],
  port: number,
  signal: AbortSignal,
): LocalServer {
  return serveLocally({ what: "the report", port, signal }, async (request) => {
    const { pathname } = new URL(request.url);
    const headers = { "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" };
    if (pathname === "/version") return new Response(await filesVersion(folders), { headers });
    if (pathname !== "/") return new Response("not found", { status: 404 });
    try {
      const page = reportPage(await readReport(folders), LIVE_SCRIPT);
      headers["content-type"] = "text/html; charset=utf-8";
      return new Response(page, { headers });
    } catch (error) {
      return new Response((error as Error).message, { status: 503, headers });
    }
  });
}
