import assert from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findWeights } from "../../../tasks/runs/weights/find_weights.ts";
import { folder } from "../small_task.ts";

const huggingFace = fileURLToPath(new URL("../../golden/hf-videomae", import.meta.url));
const file = `${huggingFace}/model.safetensors`;

const find = (from: string) => findWeights(from, "start.from");

Deno.test("weights are found by a path or a file: URL, with a name after it", async () => {
  const whole = { path: file, isRun: false, name: undefined };
  assert.deepEqual(await find(huggingFace), whole);
  assert.deepEqual(await find(file), whole);
  assert.deepEqual(await find(pathToFileURL(huggingFace).href), whole);
  assert.deepEqual(await find(`${file}#model_ema`), { ...whole, name: "model_ema" });
  assert.deepEqual(await find(`${huggingFace}#a.b`), { ...whole, name: "a.b" });
  assert.deepEqual(await find(`${pathToFileURL(file).href}#model_ema`), {
    ...whole,
    name: "model_ema",
  });
});

Deno.test("a path with characters of URLs is the file of that name, if it is there", async () => {
  for (const name of ["a#b.pth", "50%.pth", "a b.pth"]) {
    const path = `${folder}/${name}`;
    await Deno.writeTextFile(path, "");
    assert.deepEqual(await find(path), { path, isRun: false, name: undefined });
    assert.deepEqual(await find(pathToFileURL(path).href), { path, isRun: false, name: undefined });
    assert.deepEqual(await find(`${path}#last`), { path, isRun: false, name: "last" });
  }
});

/** What is not here, and what the message must say. */
const elsewhere: Record<string, RegExp> = {
  "MCG-NJU/videomae-base":
    /^Cannot load weights: start\.from must be a run folder, .* on this machine, got "MCG-NJU\/videomae-base", which is not there\. Nothing is downloaded: .*`hf download MCG-NJU\/videomae-base --local-dir videomae-base` gets it, and the folder videomae-base can be given\.$/,
  "OpenGVLab/VideoMAE2.0": /hf download OpenGVLab\/VideoMAE2\.0 --local-dir VideoMAE2\.0/,
  "https://huggingface.co/MCG-NJU/videomae-base": /hf download MCG-NJU\/videomae-base/,
  "hf://MCG-NJU/videomae-base": /hf download MCG-NJU\/videomae-base/,
  "https://huggingface.co/MCG-NJU/videomae-base/blob/main/model.safetensors":
    /`curl -LO https:\/\/huggingface\.co\/MCG-NJU\/videomae-base\/resolve\/main\/model\.safetensors` gets it, and the file model\.safetensors/,
  "https://example.org/weights.pth?a=1&b=2":
    /`curl -LO 'https:\/\/example\.org\/weights\.pth\?a=1&b=2'` gets it, and the file weights\.pth/,
  "s3://bucket/weights.pth": /got "s3:.*Nothing is downloaded: copy it to this machine first\.$/,
  "file:///no/such/weights.pth": /got "\/no\/such\/weights\.pth", which is not there$/,
  "file://elsewhere/weights.pth": /got "file:\/\/elsewhere\/weights\.pth" \(/,
  "weights/k400.safetensors": /got "weights\/k400\.safetensors", which is not there$/,
  "no/such/folder/model.ckpt#model_ema": /got "no\/such\/folder\/model\.ckpt", which is not there$/,
};

for (const [from, message] of Object.entries(elsewhere)) {
  Deno.test(`${from} is told what it is, and how it is fetched`, async () => {
    await assert.rejects(find(from), { message });
  });
}

Deno.test("a run that is not there is left to who knows how runs are made", async () => {
  for (const path of ["runs/ucf101/pretrain", "runs/mine", "elsewhere/finetune", "one"]) {
    assert.deepEqual(await find(path), { path, isRun: true, name: undefined });
  }
});
