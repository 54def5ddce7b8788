/** Weights by which lines or columns of an image become those of a smaller or larger one. */
export interface ScaleFilter {
  /** Weights of each output. */
  readonly taps: number;
  /** The first input of each output, [outputs]. */
  readonly from: Int32Array;
  /** [outputs, taps]; the weights of an output sum to `one`. */
  readonly weights: Int32Array;
}

/** Weights are computed as whole numbers, of which this one stands for 1: sums of many fit into 64 bits. */
function wholeOf(inputs: number, outputs: number): bigint {
  const fall = Math.floor(Math.log2(Math.max(1, Math.floor(inputs / outputs))));
  return 1n << BigInt(54 - Math.min(fall, 8));
}

/** Weights below this share of an output, summed from one end, are cut off. */
const CUT_OFF = 0.002;

/** Divides and rounds to the nearest, halves away from zero. */
function divideRounded(value: bigint, by: bigint): bigint {
  return (value >= 0n ? value + (by >> 1n) : value - (by >> 1n)) / by;
}

/** Triangles around the centre of each output, as wide as an input or an output, whichever is wider. */
function triangles(
  inputs: number,
  outputs: number,
  whole: bigint,
): { from: number[]; rows: bigint[][] } {
  const step = Math.floor((inputs * 65536 + (outputs >> 1)) / outputs);
  if (Math.abs(step - 65536) < 10) {
    const from = Array.from({ length: outputs }, (_, i) => i);
    return { from, rows: from.map(() => [whole]) };
  }
  const shrinks = step > 65536;
  const wanted = 1 + (shrinks ? Math.floor((2 * inputs + outputs - 1) / outputs) : 2);
  const taps = Math.max(1, Math.min(wanted, inputs - 2));
  const from: number[] = [];
  const rows: bigint[][] = [];
  for (let i = 0; i < outputs; i++) {
    const centre = step - 65536 + 2 * step * i; // in 1/131072 of an input
    const first = Math.trunc((centre - (taps - 2) * 65536) / 131072);
    from.push(first);
    rows.push(Array.from({ length: taps }, (_, j) => {
      const away = BigInt(Math.abs((first + j) * 131072 - centre)) << 13n;
      const distance = shrinks ? away * BigInt(outputs) / BigInt(inputs) : away;
      const weight = (1n << 30n) - distance;
      return weight < 0n ? 0n : weight * (whole >> 30n);
    }));
  }
  return { from, rows };
}

/** Shifts rows over small weights at their start, and returns how many weights any row needs. */
function trimRows(from: number[], rows: bigint[][], whole: bigint): number {
  const length = rows[0].length;
  const most = CUT_OFF * Number(whole);
  let taps = 1;
  for (let i = rows.length - 1; i >= 0; i--) {
    let cut = 0;
    for (let j = 0; j < length; j++) {
      cut += Number(rows[i][0]);
      const meetsNext = i < rows.length - 1 && from[i] >= from[i + 1];
      if (cut > most || meetsNext) break;
      rows[i] = [...rows[i].slice(1), 0n];
      from[i]++;
    }
    let least = length;
    cut = 0;
    for (let j = length - 1; j > 0; j--) {
      cut += Number(rows[i][j]);
      if (cut > most) break;
      least--;
    }
    taps = Math.max(taps, least);
  }
  return taps;
}

/** A row whose weights lie within the image: those beyond an edge are added to the edge's. */
function withinEdges(from: number, row: readonly bigint[], inputs: number): [number, bigint[]] {
  const first = Math.max(0, Math.min(from, inputs - row.length));
  const inside = new Array<bigint>(row.length).fill(0n);
  row.forEach((weight, j) => {
    inside[Math.max(0, Math.min(inputs - 1, from + j) - first)] += weight;
  });
  return [first, inside];
}

/**
 * Bilinear weights, antialiased where an image shrinks, in whole numbers: exactly those that ffmpeg's `scale` with
 * `flags=bilinear` uses, so that a page sees the pixels that commands see.
 *
 * @param inputs lines or columns of the image
 * @param outputs lines or columns of the result
 * @param one what the weights of an output sum to
 * @param align the number of weights is a multiple of it
 */
export function scaleFilter(
  inputs: number,
  outputs: number,
  one: number,
  align: number,
): ScaleFilter {
  const whole = wholeOf(inputs, outputs);
  const { from, rows } = triangles(inputs, outputs, whole);
  const taps = Math.ceil(trimRows(from, rows, whole) / align) * align;
  const starts = new Int32Array(outputs);
  const weights = new Int32Array(outputs * taps);
  rows.forEach((row, i) => {
    const padded = Array.from({ length: taps }, (_, j) => row[j] ?? 0n);
    const [first, inside] = withinEdges(from[i], padded, inputs);
    starts[i] = first;
    const sum = inside.reduce((a, b) => a + b, 0n);
    const unit = (sum + BigInt(one >> 1)) / BigInt(one) || 1n;
    let error = 0n; // carried on, so that the weights sum to `one`
    inside.forEach((weight, j) => {
      const rounded = divideRounded(weight + error, unit);
      error += weight - rounded * unit;
      weights[i * taps + j] = Number(rounded);
    });
  });
  return { taps, from: starts, weights };
}
