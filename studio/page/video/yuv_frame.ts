/** Coefficients of YUV → RGB, in 1/65536: of V in red, U in blue, U in green, V in green. */
type Matrix = readonly [number, number, number, number];

/** Coefficients of the standards, by the names that browsers have for them. */
const MATRICES: Readonly<Record<string, Matrix>> = {
  bt709: [117489, 138438, 13975, 34925],
  bt470bg: [104597, 132201, 25675, 53279],
  smpte170m: [104597, 132201, 25675, 53279],
  "bt2020-ncl": [110013, 140363, 12277, 42626],
};

/** A decoded frame: brightness of every pixel, colour of every square of four. */
export interface YuvFrame {
  readonly width: number;
  readonly height: number;
  /** [height, width] */
  readonly y: Uint8Array;
  /** [⌈height / 2⌉, ⌈width / 2⌉] */
  readonly u: Uint8Array;
  /** As `u`. */
  readonly v: Uint8Array;
  /** The standard of its colours; unknown ones count as BT.601, as they do for ffmpeg. */
  readonly matrix: string | null;
  /** Whether brightness goes from 0 to 255 rather than from 16 to 235. */
  readonly fullRange: boolean;
}

/** Integer coefficients of a frame's colours. */
export interface ColourCoefficients {
  /** Of brightness, in 1/65536. */
  readonly cy: number;
  /** The darkest brightness, in 1/65536. */
  readonly oy: number;
  readonly vRed: number;
  readonly uBlue: number;
  readonly uGreen: number;
  readonly vGreen: number;
}

/** The coefficients of a frame's standard and range. */
export function colourCoefficients(
  { matrix, fullRange }: Pick<YuvFrame, "matrix" | "fullRange">,
): ColourCoefficients {
  const [vRed, uBlue, uGreen, vGreen] = MATRICES[matrix ?? ""] ?? MATRICES.smpte170m;
  if (!fullRange) {
    const cy = Math.floor(65536 * 255 / 219);
    return { cy, oy: 16 << 16, vRed, uBlue, uGreen: -uGreen, vGreen: -vGreen };
  }
  const [red, blue, inGreen, alsoGreen] = [vRed, uBlue, -uGreen, -vGreen]
    .map((one) => Math.trunc(one * 224 / 255));
  return { cy: 65536, oy: 0, vRed: red, uBlue: blue, uGreen: inGreen, vGreen: alsoGreen };
}
