/** A reader of TensorBoard's event files that shares no code with their writer. */

import assert from "node:assert/strict";
import protobuf from "protobufjs";

/** The messages as TensorFlow declares them: event.proto, summary.proto, tensor.proto, tensor_shape.proto. */
const PROTO = `
syntax = "proto3";
message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what { string file_version = 3; bytes graph_def = 4; Summary summary = 5; SessionLog session_log = 7; }
}
message SessionLog {
  enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
  SessionStatus status = 1; string checkpoint_path = 2; string msg = 3;
}
message SummaryMetadata {
  message PluginData { string plugin_name = 1; bytes content = 2; }
  PluginData plugin_data = 1; string display_name = 2; string summary_description = 3;
}
message Summary {
  message Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }
  message Value {
    string node_name = 7; string tag = 1; SummaryMetadata metadata = 9;
    oneof value { float simple_value = 2; Image image = 4; TensorProto tensor = 8; }
  }
  repeated Value value = 1;
}
message TensorShapeProto {
  message Dim { int64 size = 1; string name = 2; }
  repeated Dim dim = 2; bool unknown_rank = 3;
}
message TensorProto {
  int32 dtype = 1; TensorShapeProto tensor_shape = 2; int32 version_number = 3; bytes tensor_content = 4;
  repeated float float_val = 5 [packed = true]; repeated bytes string_val = 8;
}`;

/** A value of a step, as the reader gives it. */
export interface EventValue {
  tag: string;
  simpleValue?: number;
  image?: { height: number; width: number; colorspace: number; encodedImageString: Uint8Array };
  tensor?: { dtype: number; stringVal: Uint8Array[] };
  metadata?: { pluginData: { pluginName: string } };
}

/** An event, as the reader gives it. */
export interface Event {
  wallTime: number;
  step: number;
  fileVersion?: string;
  summary?: { value: EventValue[] };
  sessionLog?: { status: string };
}

const EventMessage = protobuf.parse(PROTO).root.lookupType("Event");

/** CRC-32C bit by bit, as a division of polynomials. */
function slowCrc32c(bytes: Uint8Array): bigint {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return crc ^ 0xffffffffn;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = slowCrc32c(bytes);
  const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
  return Number((rotated + 0xa282ead8n) & 0xffffffffn);
}

/** The events of a file; every checksum is checked. */
export function readEvents(bytes: Uint8Array<ArrayBuffer>): Event[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const events: Event[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    assert.equal(view.getUint32(at + 8, true), maskedCrc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(data.length, length);
    assert.equal(view.getUint32(at + 12 + length, true), maskedCrc(data));
    const message = EventMessage.decode(data);
    const event = EventMessage.toObject(message, { longs: Number, enums: String });
    events.push({ step: 0, ...event } as Event); // fields of value 0 are not written
    at += 16 + length;
  }
  return events;
}

/** The event files of a run folder in the order in which TensorBoard reads them. */
export function eventFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.includes("tfevents")).sort().map((name) => `${folder}/${name}`);
}

/** The values of a folder by tag, as TensorBoard shows them: a start purges its step and later ones. */
export function shownValues(folder: string): Map<string, { step: number; value: EventValue }[]> {
  const shown = new Map<string, { step: number; value: EventValue }[]>();
  for (const file of eventFiles(folder)) {
    for (const { step, summary, sessionLog } of readEvents(Deno.readFileSync(file))) {
      if (sessionLog?.status === "START") {
        for (const [tag, list] of shown) shown.set(tag, list.filter((one) => one.step < step));
      }
      for (const value of summary?.value ?? []) {
        shown.set(value.tag, [...shown.get(value.tag) ?? [], { step, value }]);
      }
    }
  }
  return shown;
}
