import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** A point of a chart. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A variant in a chart: bold means, faint seeds. Its place decides its colour, dashes and symbol. */
export interface Series {
  readonly title: string;
  readonly place: number;
  readonly mean: readonly Point[];
  readonly seeds: readonly (readonly Point[])[];
}

/** Dashes by place, so that lines can be told apart without colour. */
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "5 2", "1 2", "12 4", "4 2 1 2"];

/** Symbols by place. */
const SYMBOLS = [
  "circle",
  "square",
  "triangle",
  "diamond",
  "star",
  "cross",
  "wye",
  "plus",
] as const;

/** Variants with a colour of their own; later ones take the first again. */
export const PLACES = DASHES.length;

/** Colour of a place; the style sheet says which it is in light and in dark. */
export function colourOf(place: number): string {
  return `var(--s${place % PLACES})`;
}

/** What a chart's axes and size are. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly x: string;
  readonly y: string;
}

/** Powers of a thousand with the letters of their units. */
const LARGE: readonly (readonly [number, string])[] = [[1e12, "T"], [1e9, "G"], [1e6, "M"]];

/** A number at an axis: 14 G, 0.25, 1200. */
export function tickText(value: number): string {
  const [unit, letter] = LARGE.find(([unit]) => Math.abs(value) >= unit) ?? [1, ""];
  const digits = String(Number((value / unit).toPrecision(6)));
  return letter === "" ? digits : `${digits} ${letter}`;
}

/** A drawing without the style that Plot adds, since the page's policy allows none but its own. */
function svgOf(options: Plot.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>") as unknown as {
    document: never;
  };
  const svg = Plot.plot({ document, ...options }) as unknown as { outerHTML: string };
  return svg.outerHTML
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/ style="[^"]*"/g, "")
    .replace(/^<svg /, '<svg aria-hidden="true" ');
}

/** Draws marks in a frame with axes. */
function draw({ width, height, x, y }: Frame, marks: Plot.Markish[]): string {
  return svgOf({
    width,
    height,
    marginLeft: 52,
    marginTop: 28,
    marginBottom: 40,
    x: { label: x, ticks: width < 500 ? 4 : 8, nice: true, tickFormat: tickText },
    y: { label: y, ticks: 5, grid: true, nice: true, zero: false },
    marks,
  });
}

/** Lines over steps: every seed faint, the mean bold. */
export function lineChart(series: readonly Series[], frame: Frame): string {
  return draw(
    frame,
    series.flatMap(({ place, mean, seeds }) => {
      const stroke = colourOf(place);
      const faint = seeds.length > 1
        ? seeds.map((points) =>
          Plot.line(points, { x: "x", y: "y", stroke, strokeOpacity: 0.3, strokeWidth: 1 })
        )
        : [];
      const strokeDasharray = DASHES[place % PLACES];
      return [
        ...faint,
        Plot.line(mean, { x: "x", y: "y", stroke, strokeWidth: 2.2, strokeDasharray }),
        ...mean.length === 1 ? [Plot.dot(mean, { x: "x", y: "y", fill: stroke, r: 3 })] : [],
      ];
    }),
  );
}

/** One variant in a chart of figures: its mean, interval, and seeds. */
export interface Spot {
  readonly title: string;
  readonly place: number;
  readonly x: number;
  readonly y: number;
  /** Half the width of the interval of y, or null. */
  readonly halfWidth: number | null;
}

/** Figures against a cost: a symbol and an upright interval for each variant. */
export function spotChart(spots: readonly Spot[], frame: Frame): string {
  return draw(
    frame,
    spots.flatMap((spot) => {
      const stroke = colourOf(spot.place);
      const { x, y, halfWidth } = spot;
      const symbol = SYMBOLS[spot.place % PLACES];
      const interval = halfWidth === null
        ? []
        : [Plot.ruleX([{ x, y1: y - halfWidth, y2: y + halfWidth }], {
          x: "x",
          y1: "y1",
          y2: "y2",
          stroke,
          strokeWidth: 2,
        })];
      return [
        ...interval,
        Plot.dot([{ x, y }], { x: "x", y: "y", fill: stroke, stroke, symbol, r: 5 }),
      ];
    }),
  );
}

/** The mark of a variant, for legends and tables: line with its dashes, and symbol. */
export function markOf(place: number): string {
  const colour = colourOf(place);
  return svgOf({
    width: 30,
    height: 14,
    margin: 0,
    axis: null,
    x: { domain: [0, 30] },
    y: { domain: [0, 14] },
    marks: [
      Plot.line([[0, 7], [30, 7]], {
        stroke: colour,
        strokeWidth: 2.2,
        strokeDasharray: DASHES[place % PLACES],
      }),
      Plot.dot([[15, 7]], { fill: colour, symbol: SYMBOLS[place % PLACES], r: 4 }),
    ],
  });
}
