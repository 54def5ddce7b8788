import { Buffer } from "node:buffer";
import { message, type MessageField } from "./message.ts";

/**
 * What TensorBoard shows: the messages `Event`, `Summary`, `SessionLog` of tensorflow/core/util/event.proto
 * and tensorflow/core/framework/summary.proto, each in a frame of the TFRecord format. Numbers below are
 * those of the fields in these files.
 *
 * @module
 */

/** A value of a `Summary`. */
export type SummaryValue = Uint8Array;

/** `SessionLog.START`: earlier files of the folder end here. */
const SESSION_START = 1;

/** `DataType.DT_STRING`. */
const STRING_TYPE = 7;

/** `Summary.Image.colorspace` of RGB. */
const RGB = 3;

/** A number under a name. */
export function scalarValue(tag: string, value: number): SummaryValue {
  return message([1, "text", tag], [2, "float", value]);
}

/** A picture under a name, from the bytes of a PNG file. */
export function imageValue(tag: string, png: Uint8Array): SummaryValue {
  const head = new DataView(png.buffer, png.byteOffset); // width and height open the first chunk
  const [width, height] = [head.getUint32(16), head.getUint32(20)];
  const image = message([1, "whole", height], [2, "whole", width], [3, "whole", RGB], [
    4,
    "bytes",
    png,
  ]);
  return message([1, "text", tag], [4, "bytes", image]);
}

/** A text, in Markdown, under a name: a tensor of one string that belongs to the plugin "text". */
export function textValue(tag: string, markdown: string): SummaryValue {
  const metadata = message([1, "bytes", message([1, "text", "text"])]);
  const tensor = message([1, "whole", STRING_TYPE], [2, "bytes", message()], [8, "text", markdown]);
  return message([1, "text", tag], [9, "bytes", metadata], [8, "bytes", tensor]);
}

/** CRC-32C (Castagnoli) of each byte, reflected: RFC 3720, appendix B.4. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest;
});

/** CRC-32C, turned and shifted so that the checksum of data that hold checksums stays sound. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = ~bytes.reduce((crc, byte) => TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8), ~0) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** An event in its frame: length, its checksum, the event, its checksum. */
function recordOf(...fields: readonly MessageField[]): Uint8Array<ArrayBuffer> {
  const event = message([1, "double", Date.now() / 1000], ...fields);
  const record = Buffer.alloc(16 + event.length);
  record.writeUInt32LE(event.length);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(event, 12);
  record.writeUInt32LE(maskedCrc(event), 12 + event.length);
  return record;
}

/** The record that opens a file. */
export function versionRecord(): Uint8Array<ArrayBuffer> {
  return recordOf([3, "text", "brain.Event:2"]);
}

/** The record by which a reader forgets what earlier files say of a step and those after it. */
export function startRecord(step: number): Uint8Array<ArrayBuffer> {
  return recordOf([2, "whole", step], [7, "bytes", message([1, "whole", SESSION_START])]);
}

/** A record of values of a step. */
export function summaryRecord(
  step: number,
  values: readonly SummaryValue[],
): Uint8Array<ArrayBuffer> {
  const summary = message(...values.map((value): MessageField => [1, "bytes", value]));
  return recordOf([2, "whole", step], [5, "bytes", summary]);
}
