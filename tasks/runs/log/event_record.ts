/**
 * What TensorBoard shows: the messages `Event`, `Summary`, `SessionLog` of tensorflow/core/util/event.proto
 * and tensorflow/core/framework/summary.proto, each in a frame of the TFRecord format. Numbers below are
 * those of the fields in these files.
 *
 * @module
 */

import protobuf from "protobufjs/minimal.js";
import { Buffer } from "node:buffer";

/** A value of a `Summary`. */
export type SummaryValue = Uint8Array;

/** `SessionLog.START`: earlier files of the folder end here. */
const SESSION_START = 1;

/** `DataType.DT_STRING`. */
const STRING_TYPE = 7;

/** `Summary.Image.colorspace` of RGB. */
const RGB = 3;

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

class Message {
  readonly #writer = protobuf.Writer.create();

  #tag(field: number, type: keyof typeof WIRE): protobuf.Writer {
    return this.#writer.uint32(field << 3 | WIRE[type]);
  }

  whole(field: number, value: number): this {
    this.#tag(field, "varint").int64(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, "fixed32").float(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#tag(field, "fixed64").double(value);
    return this;
  }

  text(field: number, value: string): this {
    this.#tag(field, "bytes").string(value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, "bytes").bytes(value);
    return this;
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.encode());
  }

  encode(): Uint8Array {
    return this.#writer.finish();
  }
}

/** A number under a name. */
export function scalarValue(tag: string, value: number): SummaryValue {
  return new Message().text(1, tag).float(2, value).encode();
}

/** A picture under a name, from the bytes of a PNG file. */
export function imageValue(tag: string, png: Uint8Array): SummaryValue {
  const head = new DataView(png.buffer, png.byteOffset); // width and height open the first chunk
  const image = new Message().whole(1, head.getUint32(20)).whole(2, head.getUint32(16))
    .whole(3, RGB).bytes(4, png);
  return new Message().text(1, tag).message(4, image).encode();
}

/** A text, in Markdown, under a name: a tensor of one string that belongs to the plugin "text". */
export function textValue(tag: string, markdown: string): SummaryValue {
  const plugin = new Message().text(1, "text");
  const tensor = new Message().whole(1, STRING_TYPE).message(2, new Message()).text(8, markdown);
  return new Message().text(1, tag).message(9, new Message().message(1, plugin))
    .message(8, tensor).encode();
}

/** CRC-32C, turned and shifted so that the checksum of data that hold checksums stays sound. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** An event in its frame: length, its checksum, the event, its checksum. */
function recordOf(add: (event: Message) => Message): Uint8Array<ArrayBuffer> {
  const event = add(new Message().double(1, Date.now() / 1000)).encode();
  const record = Buffer.alloc(16 + event.length);
  record.writeUInt32LE(event.length);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(event, 12);
  record.writeUInt32LE(maskedCrc(event), 12 + event.length);
  return record;
}

/** The record that opens a file. */
export function versionRecord(): Uint8Array<ArrayBuffer> {
  return recordOf((event) => event.text(3, "brain.Event:2"));
}

/** The record by which a reader forgets what earlier files say of a step and those after it. */
export function startRecord(step: number): Uint8Array<ArrayBuffer> {
  const session = new Message().whole(1, SESSION_START);
  return recordOf((event) => event.whole(2, step).message(7, session));
}

/** A record of values of a step. */
export function summaryRecord(
  step: number,
  values: readonly SummaryValue[],
): Uint8Array<ArrayBuffer> {
  const summary = values.reduce((message, value) => message.bytes(1, value), new Message());
  return recordOf((event) => event.whole(2, step).message(5, summary));
}

/** CRC-32C (Castagnoli) of each byte, reflected: RFC 3720, appendix B.4. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest;
});

/** CRC-32C of bytes. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
