import { fileURLToPath } from "node:url";
import { folder } from "./small_task.ts";

/** Root of the repository, where commands are started. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Optimiser steps of an epoch of the small run. */
export const STEPS_PER_EPOCH = 3;

/** The command line of a small pre-training whose checkpoints come every epoch, without the program. */
export function smallPretrain(out: string, steps: number): string[] {
  const fields = {
    "data.dataset.videos": 12,
    "data.dataset.heldOut": 2,
    "data.dataset.size": 32,
    "data.dataset.dir": `${folder}/killed-shapes`,
    "data.heldOutClips": 2,
    "model.width": 24,
    "model.heads": 2,
    "model.depth": 2,
    "model.decoderWidth": 12,
    "model.imageSize": 32,
    "model.frames": 8,
    "optimizer.warmupEpochs": 2,
    "model.dropPath": 0.2,
    "optimizer.emaDecay": 0.9,
    "accumulate": 2,
    "checkpointEvery": 1,
    "logEvery": 1,
  };
  return [
    ...["pretrain", "--out", out, "--batch", "2", "--epochs", `${steps / STEPS_PER_EPOCH}`],
    ...["--backend", "wasm"],
    ...Object.entries(fields).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
  ];
}

/** Arguments of Deno that run a command line. */
export function cliArguments(command: readonly string[]): string[] {
  const permissions = ["read", "write", "env", "sys", "ffi", "run"].map((one) => `--allow-${one}`);
  return ["run", "--no-check", ...permissions, "tasks/cli.ts", ...command];
}
