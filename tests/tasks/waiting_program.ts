/**
 * A program that waits until it is told to stop, for tests of signals: `stubborn` waits for ever, `a-while`
 * ends by itself.
 *
 * @module
 */

import { listenForStop, standardOutput, type StopError } from "@videoms/data/console";

const [mode] = Deno.args;
const output = standardOutput();
const signal = listenForStop(output);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
setInterval(() => {}, 1000);

output.print("waiting");
const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
if (mode === "stubborn") await new Promise(() => {});
await (mode === "a-while" ? Promise.race([stopped, sleep(1500)]) : stopped);
await sleep(200); // signals that are passed on come now
output.print(signal.aborted ? "saved" : "went on");
Deno.exit((signal.reason as StopError | undefined)?.exitCode);
