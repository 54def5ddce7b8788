/**
 * A worker of a page for tests: runs the recorded cases on an engine of the page and posts what came out, or the error.
 */

import { type Comparison, passes } from "@videoms/core/testing";
import { parseGoldenCase } from "@videoms/models/testing";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";
import { type EngineChoice, openEngine } from "../../studio/page/engine/open_engine.ts";

/** What is asked of the worker. */
export interface GoldenRequest {
  backend: EngineChoice;
  /** Names of cases, which the page's server has as `<name>.safetensors`. */
  cases: string[];
}

/** What came out. */
export interface GoldenAnswer {
  sentence: string;
  threads: number;
  quantities: number;
  misses: Comparison[];
}

async function verify({ backend, cases }: GoldenRequest): Promise<GoldenAnswer> {
  const files = new URL(".", import.meta.url).href;
  await using engine = await openEngine({ files, backend });
  const all: Comparison[] = [];
  for (const name of cases) {
    const bytes = await (await fetch(`${files}${name}.safetensors`)).arrayBuffer();
    all.push(...await verifyCase(parseGoldenCase(new Uint8Array(bytes), name)!, engine.device));
  }
  return {
    sentence: engine.sentence,
    threads: engine.device.threads,
    quantities: all.length,
    misses: all.filter((one) => !passes(one)),
  };
}

/** A worker's own scope; Deno's types have none. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: GoldenRequest }) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data }) =>
  scope.postMessage(
    await verify(data).catch((error) => ({ error: String(error?.stack ?? error) })),
  );
