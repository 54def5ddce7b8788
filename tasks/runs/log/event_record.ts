import { crc32c } from "./crc32c.ts";
import {
  bytesField,
  doubleField,
  floatField,
  joinBytes,
  messageField,
  wholeField,
} from "./protobuf.ts";

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
  return messageField(1, [bytesField(1, tag), floatField(2, value)]);
}

/** A picture under a name, from the bytes of a PNG file. */
export function imageValue(tag: string, png: Uint8Array): SummaryValue {
  const head = new DataView(png.buffer, png.byteOffset); // width and height open the first chunk
  return messageField(1, [
    bytesField(1, tag),
    messageField(4, [
      wholeField(1, head.getUint32(20)),
      wholeField(2, head.getUint32(16)),
      wholeField(3, RGB),
      bytesField(4, png),
    ]),
  ]);
}

/** A text, in Markdown, under a name: a tensor of one string that belongs to the plugin "text". */
export function textValue(tag: string, markdown: string): SummaryValue {
  return messageField(1, [
    bytesField(1, tag),
    messageField(9, [messageField(1, [bytesField(1, "text")])]),
    messageField(8, [wholeField(1, STRING_TYPE), messageField(2, []), bytesField(8, markdown)]),
  ]);
}

/** A length or checksum of a frame, little endian. */
function fixedBytes(length: 4 | 8, value: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** CRC-32C, turned and shifted so that the checksum of data that hold checksums stays sound. */
function maskedCrc(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  return fixedBytes(4, (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
}

/** An event in its frame: length, its checksum, the event, its checksum. */
function recordOf(fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const event = joinBytes([doubleField(1, Date.now() / 1000), ...fields]);
  const length = fixedBytes(8, event.length);
  return joinBytes([length, maskedCrc(length), event, maskedCrc(event)]);
}

/** The record that opens a file. */
export function versionRecord(): Uint8Array<ArrayBuffer> {
  return recordOf([bytesField(3, "brain.Event:2")]);
}

/** The record by which a reader forgets what earlier files say of a step and those after it. */
export function startRecord(step: number): Uint8Array<ArrayBuffer> {
  return recordOf([wholeField(2, step), messageField(7, [wholeField(1, SESSION_START)])]);
}

/** A record of values of a step. */
export function summaryRecord(
  step: number,
  values: readonly SummaryValue[],
): Uint8Array<ArrayBuffer> {
  return recordOf([wholeField(2, step), messageField(5, values)]);
}
