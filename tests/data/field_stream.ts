/** A stream of H.264 whose frames are coded as pairs of fields, which the encoders at hand do not write. */

/** Writes bits and Exp-Golomb codes. */
class BitWriter {
  #bits: number[] = [];

  bits(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(value >> i & 1);
    return this;
  }

  golomb(...values: number[]): this {
    for (const value of values) {
      const length = 32 - Math.clz32(value + 1);
      this.bits(0, length - 1).bits(value + 1, length);
    }
    return this;
  }

  align(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  /** A NAL unit with a start code. */
  nal(head: number): number[] {
    this.bits(1, 1).align();
    const out = [0, 0, 0, 1, head];
    for (let i = 0, zeros = 0; i < this.#bits.length; i += 8) {
      const byte = this.#bits.slice(i, i + 8).reduce((sum, bit) => 2 * sum + bit, 0);
      if (zeros === 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return out;
  }
}

/** Frames from one IDR picture to the next. */
const KEY_DISTANCE = 8;

/** Macroblocks of a field: 32 × 16 pixels. */
const BLOCKS = 2;

/** The bytes of such a stream: frames of 32 × 32 pixels, each of another grey, written as they are. */
export function fieldStream(frames: number): Uint8Array {
  const sets = [
    // Main profile; numbers of 4 bits, orders of 8; a reference; 2 × 1 units of 32 lines; fields.
    new BitWriter().bits(77, 8).bits(0, 8).bits(30, 8).golomb(0, 0, 0, 4, 1).bits(0, 1)
      .golomb(BLOCKS - 1, 0).bits(0b001, 3).bits(0, 2).nal(0x67),
    new BitWriter().golomb(0, 0).bits(0, 2).golomb(0, 0, 0).bits(0, 3).golomb(0, 0, 0).bits(4, 3)
      .nal(0x68),
  ];
  const fields = Array.from({ length: 2 * frames }, (_, i) => field(i >> 1, i % 2));
  return Uint8Array.from([...sets, ...fields].flat());
}

function field(frame: number, bottom: number): number[] {
  const number = frame % KEY_DISTANCE;
  const idr = number === 0 && bottom === 0;
  const slice = new BitWriter().golomb(0, 7, 0).bits(number, 4).bits(2 + bottom, 2);
  if (idr) slice.golomb(frame / KEY_DISTANCE % 2);
  slice.bits(2 * number + bottom, 8).bits(0, idr ? 2 : 1).golomb(0, 1);
  for (let block = 0; block < BLOCKS; block++) {
    slice.golomb(25).align();
    for (let i = 0; i < 384; i++) slice.bits(i < 256 ? 20 + 5 * frame + bottom + i % 16 : 128, 8);
  }
  return slice.nal(idr ? 0x65 : 0x61);
}
