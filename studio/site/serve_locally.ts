/** A server on this machine alone. */
export interface LocalServer {
  readonly url: string;
  readonly finished: Promise<void>;
}

/** Options of {@linkcode serveLocally}. */
export interface LocalServerOptions {
  /** What is served, in words: "the report". */
  what: string;
  /** 0 for any that is free. */
  port: number;
  /** Stops the server. */
  signal: AbortSignal;
}

/**
 * Serves pages to browsers on this machine, and to nobody else.
 *
 * @throws {Error} if the port is taken or not allowed
 */
export function serveLocally(
  { what, port, signal }: LocalServerOptions,
  answer: (request: Request) => Response | Promise<Response>,
): LocalServer {
  const guarded = (request: Request) =>
    // a page elsewhere must not read this one through a name that it points here
    /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.get("host") ?? "")
      ? answer(request)
      : new Response("unknown host", { status: 421 });
  try {
    const server = Deno.serve({ hostname: "127.0.0.1", port, signal, onListen: () => {} }, guarded);
    return { url: `http://127.0.0.1:${server.addr.port}/`, finished: server.finished };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
    const why = error instanceof Deno.errors.AddrInUse
      ? "one that another program has"
      : (error as Error).message;
    throw new Error(
      `Cannot run the server of ${what}: port ${port} of 127.0.0.1 must be free, got ${why}; ` +
        "--port names another, and --port 0 takes any",
    );
  }
}
