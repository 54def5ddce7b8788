/** Makes the tests of several files those of one: the files that the environment names, separated by commas. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

for (const file of Deno.env.get("VIDEOMS_TEST_FILES")!.split(",")) {
  await import(pathToFileURL(resolve(file)).href);
}
