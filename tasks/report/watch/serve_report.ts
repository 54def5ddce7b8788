import { readReport } from "../read_report.ts";
import { reportPage } from "../report_page.ts";
import { filesVersion } from "./files_version.ts";
import { LIVE_SCRIPT } from "./live_script.ts";

export interface ReportServer {
  readonly url: string;
  readonly finished: Promise<void>;
}

/** The page as it is now, or why it cannot be made. */
async function pageNow(folders: readonly string[]): Promise<{ text: string; status: number }> {
  try {
    return { text: reportPage(await readReport(folders), LIVE_SCRIPT), status: 200 };
  } catch (error) {
    return { text: (error as Error).message, status: 503 };
  }
}

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
): ReportServer {
  const server = listen(port, signal, async (request) => {
    // a page elsewhere must not read this one through a name that it points here
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.get("host") ?? "")) {
      return new Response("unknown host", { status: 421 });
    }
    const { pathname } = new URL(request.url);
    if (pathname !== "/" && pathname !== "/version") {
      return new Response("not found", { status: 404 });
    }
    const isPage = pathname === "/";
    const { text, status } = isPage
      ? await pageNow(folders)
      : { text: await filesVersion(folders), status: 200 };
    return new Response(text, {
      status,
      headers: {
        "content-type": `text/${isPage && status === 200 ? "html" : "plain"}; charset=utf-8`,
        "cache-control": "no-store",
      },
    });
  });
  return { url: `http://127.0.0.1:${server.addr.port}/`, finished: server.finished };
}

function listen(
  port: number,
  signal: AbortSignal,
  answer: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, signal, onListen: () => {} }, answer);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
    const why = error instanceof Deno.errors.AddrInUse
      ? "one that another program has"
      : (error as Error).message;
    throw new Error(
      `Cannot serve the report: port ${port} of 127.0.0.1 must be one that is free, got ${why}; ` +
        "--port names another, and --port 0 takes any",
    );
  }
}
