/** Readers of what loggers write that share no code with them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import protobuf from "protobufjs";
import type { LoggedRun } from "@videoms/data";
import type { KeptScalar } from "@videoms/data/testing";
import { shownValues } from "./event_files.ts";

/** The messages as W&B declares them: wandb/proto/wandb_internal.proto, as far as runs have them. */
const PROTO = `
syntax = "proto3";
message Record {
  int64 num = 1;
  oneof record_type {
    HistoryRecord history = 2; SummaryRecord summary = 3; RunRecord run = 17; RunExitRecord exit = 18;
    HeaderRecord header = 21;
  }
}
message HeaderRecord {}
message Item { string key = 1; repeated string nested_key = 2; string value_json = 16; }
message ConfigRecord { repeated Item update = 1; }
message SummaryRecord { repeated Item update = 1; }
message HistoryStep { int64 num = 1; }
message HistoryRecord { repeated Item item = 1; HistoryStep step = 2; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message RunRecord {
  string run_id = 1; string entity = 2; string project = 3; ConfigRecord config = 4; string run_group = 6;
  string job_type = 7; string display_name = 8; repeated string tags = 10; Timestamp start_time = 17;
}
message RunExitRecord { int32 exit_code = 1; int32 runtime = 2; }`;

const RecordMessage = protobuf.parse(PROTO).root.lookupType("Record");

interface Item {
  key: string;
  valueJson: string;
}

/** A record, as the reader gives it. */
export interface WandbRecord {
  num: number;
  header?: object;
  run?: {
    runId: string;
    project: string;
    config: { update: Item[] };
    jobType: string;
    displayName: string;
    tags?: string[];
    startTime: { seconds: number; nanos: number };
  };
  history?: { item: Item[]; step: { num: number } };
  summary?: { update: Item[] };
  exit?: { exitCode?: number; runtime?: number };
}

/** The pieces of a log of LevelDB's form: kind and content; every checksum is checked. */
function* pieces(bytes: Uint8Array): Generator<[kind: number, content: Uint8Array]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  assert.deepEqual([...bytes.subarray(0, 7)], [58, 87, 38, 66, 0xe1, 0xbe, 0]);
  for (let at = 7; at < bytes.length;) {
    const left = 32768 - at % 32768;
    if (left < 7) {
      assert.ok(bytes.subarray(at, at + left).every((byte) => byte === 0));
      at += left;
      continue;
    }
    const length = view.getUint16(at + 4, true);
    assert.ok(length <= left - 7, "a piece must not leave its block");
    const content = bytes.subarray(at + 7, at + 7 + length);
    assert.equal(view.getUint32(at, true), crc32(bytes.subarray(at + 6, at + 7 + length)));
    yield [bytes[at + 6], content];
    at += 7 + length;
  }
}

/** The contents of the records of such a log. */
export function logRecords(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  let parts: number[] | null = null;
  for (const [kind, content] of pieces(bytes)) {
    assert.equal(parts === null, kind === 1 || kind === 2, `piece of kind ${kind}`);
    parts = [...parts ?? [], ...content];
    if (kind === 1 || kind === 4) {
      records.push(Uint8Array.from(parts));
      parts = null;
    }
  }
  assert.equal(parts, null, "the last record must be whole");
  return records;
}

/** The only file of W&B in a run folder, or another. */
export function wandbFile(folder: string): string {
  const runs = [...Deno.readDirSync(join(folder, "wandb"))].map(({ name }) => name);
  assert.equal(runs.length, 1);
  const [, id] = /^offline-run-\d{8}_\d{6}-([0-9a-f]{12})$/.exec(runs[0])!;
  return join(folder, "wandb", runs[0], `run-${id}.wandb`);
}

/** The records of a file of W&B. */
export function wandbRecords(file: string): WandbRecord[] {
  return logRecords(Deno.readFileSync(file)).map((bytes) =>
    RecordMessage.toObject(RecordMessage.decode(bytes), { longs: Number }) as WandbRecord
  );
}

/** What a logger kept of a run in the run folder's file of W&B: a step's numbers stand in one record. */
export function keptByWandb({ folder }: Pick<LoggedRun, "folder">): Promise<KeptScalar[]> {
  const records = wandbRecords(wandbFile(folder));
  assert.deepEqual(records.map(({ num }) => num), records.map((_, i) => i + 1));
  const history = records.flatMap(({ history }) => history ?? []);
  const steps = history.map(({ step }) => step.num ?? 0);
  assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b));
  return Promise.resolve(history.flatMap(({ item }, i) => {
    const own = item.find(({ key }) => key === "_step")!;
    assert.equal(JSON.parse(own.valueJson), steps[i]);
    return item.filter(({ key }) => !key.startsWith("_"))
      .map(({ key, valueJson }) => [key, steps[i], Number(JSON.parse(valueJson))] as const);
  }));
}

/** All files below a folder, by their paths from there. */
function filesBelow(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name), `${prefix}${name}/`) : [prefix + name]
  );
}

/** The texts of a folder of parameters or tags by name. */
export function storedTexts(folder: string): Record<string, string> {
  return Object.fromEntries(
    filesBelow(folder).map((name) => [name, Deno.readTextFileSync(join(folder, name))]),
  );
}

/** The folder of a run in a store of MLflow. */
export function mlflowRun(store: string, id: string): string {
  const experiments = [...Deno.readDirSync(store)].map(({ name }) => name)
    .filter((name) => [...Deno.readDirSync(join(store, name))].some((one) => one.name === id));
  assert.equal(experiments.length, 1);
  return join(store, experiments[0], id);
}

/** What a logger kept of a run in a store of MLflow; names have no `=` there. */
export function keptByMlflow({ id }: Pick<LoggedRun, "id">, store: string): Promise<KeptScalar[]> {
  const kept = Object.entries(storedTexts(join(mlflowRun(store, id), "metrics")))
    .flatMap(([tag, text]) => {
      assert.match(text, /^(\d+ \S+ \d+\n)+$/);
      return text.trimEnd().split("\n").map((line) => {
        const [, value, step] = line.split(" ");
        return [tag, Number(step), Number(value)] as const;
      });
    });
  return Promise.resolve(kept);
}

/** What TensorBoard shows of a run folder. */
export function keptByTensorboard({ folder }: Pick<LoggedRun, "folder">): Promise<KeptScalar[]> {
  const kept = [...shownValues(folder)].flatMap(([tag, values]) =>
    values.flatMap(({ step, value: { simpleValue } }) =>
      simpleValue === undefined ? [] : [[tag, step, simpleValue] as const]
    )
  );
  return Promise.resolve(kept);
}
