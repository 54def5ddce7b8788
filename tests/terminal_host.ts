/**
 * A program that runs a command line in a terminal of its own, for tests, which may start nothing but Deno.
 * SIGTERM closes the terminal, as when a connection breaks.
 *
 * @module
 */

const script = new Deno.Command("script", {
  args: ["-qec", `exec ${Deno.args[0]}`, "/dev/null"],
}).spawn();
Deno.addSignalListener("SIGTERM", () => script.kill("SIGKILL"));
Deno.exit((await script.status).code);
