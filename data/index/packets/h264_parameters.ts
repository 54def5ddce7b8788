import { type BitReader, bitReader, readOrNull, withoutEscapes } from "./bit_reader.ts";

/** What the parameter sets of an H.264 stream guarantee about its packets. */
export interface H264Parameters {
  /** Bytes of the length field before a NAL unit. */
  readonly lengthBytes: number;
  /** Whether pictures are always whole frames, never fields. */
  readonly wholeFrames: boolean;
  /**
   * Whether the maximum number of reordered frames is given. A decoder that has to guess may lose a frame if
   * it guesses too few.
   */
  readonly orderIsKnown: boolean;
}

/** Profiles whose parameter sets contain the chroma format. */
const WITH_COLOUR_FORMAT = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/** NAL unit type of a sequence parameter set. */
const SEQUENCE_PARAMETERS = 7;

/** Aspect ratio code for explicit values. */
const OWN_ASPECT_RATIO = 255;

/**
 * Parses a container's decoder configuration: ISO 14496-15, "avcC".
 *
 * @returns null if it has another form, for example with start codes, or several sets
 */
export function h264Parameters(configuration: Uint8Array): H264Parameters | null {
  const [version, , , , lengths, counts] = configuration;
  if (version !== 1 || (counts & 31) !== 1) return null;
  const length = configuration[6] << 8 | configuration[7];
  const nal = configuration.subarray(8, 8 + length);
  if ((nal[0] & 31) !== SEQUENCE_PARAMETERS) return null;
  return readOrNull(() => ({
    lengthBytes: (lengths & 3) + 1,
    ...sequenceParameters(bitReader(withoutEscapes(nal.subarray(1)))),
  }));
}

/** Parses a sequence parameter set as far as needed: ITU-T H.264, 7.3.2.1.1. */
function sequenceParameters(reader: BitReader): Omit<H264Parameters, "lengthBytes"> {
  const profile = reader.bits(8);
  reader.bits(16); // constraints, level
  reader.golomb(); // number of the set
  if (WITH_COLOUR_FORMAT.includes(profile)) skipColourFormat(reader);
  reader.golomb(); // length of frame numbers
  const orderType = reader.golomb();
  if (orderType === 0) reader.golomb();
  if (orderType === 1) {
    reader.flag();
    skipGolomb(reader, 2);
    skipGolomb(reader, reader.golomb());
  }
  reader.golomb(); // reference frames
  reader.flag();
  skipGolomb(reader, 2); // size
  const wholeFrames = reader.flag();
  if (!wholeFrames) reader.flag();
  reader.flag();
  if (reader.flag()) skipGolomb(reader, 4); // cropping
  // With order type 2 frames are displayed in storage order.
  const orderIsKnown = orderType === 2 || (reader.flag() && limitsReordering(reader));
  return { wholeFrames, orderIsKnown };
}

function skipColourFormat(reader: BitReader): void {
  const format = reader.golomb();
  if (format === 3) reader.flag();
  skipGolomb(reader, 2); // bits of a sample
  reader.flag();
  if (!reader.flag()) return;
  for (let list = 0; list < (format === 3 ? 12 : 8); list++) {
    if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
  }
}

function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) {
      const code = reader.golomb(); // signed: 1, -1, 2, -2, …
      next = (last + (code % 2 === 1 ? (code + 1) / 2 : -code / 2) + 256) % 256;
    }
    last = next === 0 ? last : next;
  }
}

/** Whether the usability information limits reordered frames: Annex E. */
function limitsReordering(reader: BitReader): boolean {
  if (reader.flag() && reader.bits(8) === OWN_ASPECT_RATIO) reader.bits(32);
  if (reader.flag()) reader.flag(); // overscan
  if (reader.flag()) { // signal type
    reader.bits(4);
    if (reader.flag()) reader.bits(24);
  }
  if (reader.flag()) skipGolomb(reader, 2); // place of chroma samples
  if (reader.flag()) { // timing
    reader.bits(32);
    reader.bits(32);
    reader.flag();
  }
  const buffers = [skipBuffer(reader), skipBuffer(reader)];
  if (buffers.includes(true)) reader.flag();
  reader.flag();
  return reader.flag();
}

/** Skips hypothetical reference decoder parameters, if present; returns whether they were. */
function skipBuffer(reader: BitReader): boolean {
  if (!reader.flag()) return false;
  const count = reader.golomb() + 1;
  reader.bits(8);
  for (let i = 0; i < count; i++) {
    skipGolomb(reader, 2);
    reader.flag();
  }
  reader.bits(20);
  return true;
}

function skipGolomb(reader: BitReader, count: number): void {
  for (let i = 0; i < count; i++) reader.golomb();
}
