import assert from "node:assert/strict";
import { examplesOf } from "../examples/find_examples.ts";
import { runModule } from "../examples/run_examples.ts";

const COMMENTED = `import "x";

/**
 * A sum.
 *
 * \`\`\`ts
 * console.assert(1 + 1 === 2);
 * \`\`\`
 *
 * \`\`\`ts ignore
 * never();
 * \`\`\`
 */
export const one = 1;
`;

Deno.test("examples: those of comments and pages are found, and fail where an assertion does not hold", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.ts`, COMMENTED);
    await Deno.writeTextFile(`${folder}/a.md`, "# Title\n\n```ts\nconsole.assert(false);\n```\n");
    const [sound, ...more] = examplesOf(`${folder}/a.ts`);
    assert.deepEqual([sound.place, more], [`${folder}/a.ts:6`, []]);
    await runModule(sound.code, folder, "sound");
    const [broken] = examplesOf(`${folder}/a.md`);
    assert.equal(broken.place, `${folder}/a.md:3`);
    await assert.rejects(runModule(broken.code, folder, "broken"), assert.AssertionError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
