import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";

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

/** Dashes and symbols by place, so that variants can be told apart without colour. */
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "5 2", "1 2", "12 4", "4 2 1 2"];
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

/** How a place is drawn; the style sheet has eight colours, light and dark, and later places take the first again. */
function lookOf(place: number) {
  const at = place % DASHES.length;
  return { stroke: `var(--s${at})`, strokeDasharray: DASHES[at], symbol: SYMBOLS[at] };
}

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
  return `${Number((value / unit).toPrecision(6))} ${letter}`.trim();
}

/** A drawing without the style that Plot adds, since the page's policy allows none but its own. */
function svgOf(options: Plot.PlotOptions): string {
  const document = new DOMParser().parseFromString("<!doctype html><html></html>", "text/html");
  return Plot.plot({ document, ...options }).outerHTML
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/ style="[^"]*"/g, "")
    .replace(/^<svg /, '<svg aria-hidden="true" ');
}

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
  const marks = series.flatMap(({ place, mean, seeds }) => {
    const { stroke, strokeDasharray } = lookOf(place);
    const faint = { x: "x", y: "y", stroke, strokeOpacity: 0.3, strokeWidth: 1 };
    return [
      ...(seeds.length > 1 ? seeds : []).map((points) => Plot.line(points, faint)),
      Plot.line(mean, { x: "x", y: "y", stroke, strokeWidth: 2.2, strokeDasharray }),
      ...mean.length === 1 ? [Plot.dot(mean, { x: "x", y: "y", fill: stroke, r: 3 })] : [],
    ];
  });
  return draw(frame, marks);
}

/** A variant in a chart of figures. */
export interface Spot extends Point {
  readonly place: number;
  /** Half the width of the interval of y; null for none. */
  readonly halfWidth: number | null;
}

/** Figures against a cost: a symbol and an upright interval for each variant. */
export function spotChart(spots: readonly Spot[], frame: Frame): string {
  const marks = spots.flatMap(({ place, x, y, halfWidth }) => {
    const { stroke, symbol } = lookOf(place);
    const ends = halfWidth === null ? [] : [{ x, y1: y - halfWidth, y2: y + halfWidth }];
    return [
      Plot.ruleX(ends, { x: "x", y1: "y1", y2: "y2", stroke, strokeWidth: 2 }),
      Plot.dot([{ x, y }], { x: "x", y: "y", fill: stroke, stroke, symbol, r: 5 }),
    ];
  });
  return draw(frame, marks);
}

/** The mark of a variant, for legends and tables: line with its dashes, and symbol. */
export function markOf(place: number): string {
  const { stroke, strokeDasharray, symbol } = lookOf(place);
  return svgOf({
    width: 30,
    height: 14,
    margin: 0,
    axis: null,
    x: { domain: [0, 30] },
    y: { domain: [0, 14] },
    marks: [
      Plot.line([[0, 7], [30, 7]], { stroke, strokeWidth: 2.2, strokeDasharray }),
      Plot.dot([[15, 7]], { fill: stroke, symbol, r: 4 }),
    ],
  });
}
