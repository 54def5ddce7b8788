import assert from "node:assert/strict";

const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

Deno.test("the guide names the versions that the checkout and its gate are made for", async () => {
  const guide = await read("guides/support.md");
  const root = JSON.parse(await read("deno.json"));
  const [, deno] = /deno@([\d.]+)/.exec(await read(".ci/run"))!;
  const [, tfjs] = /tfjs@([\d.]+)/.exec(root.imports["@tensorflow/tfjs"])!;
  const [dawn] = Object.keys(root.imports).flatMap((name) =>
    /^npm:webgpu@([\d.]+)/.exec(name)?.[1] ?? []
  );
  const rows = guide.split("\n").filter((line) => line.startsWith("| "));
  const told = (what: string) => rows.find((row) => row.startsWith(`| ${what} |`)) ?? "";
  assert.ok(told("Deno").includes(`| ${deno} |`), deno);
  assert.ok(told("TensorFlow.js").includes(`| ${tfjs} |`), tfjs);
  assert.ok(told("Dawn").includes(`npm \`webgpu\` ${dawn} `), dawn);
});
