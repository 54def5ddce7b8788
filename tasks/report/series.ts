import type { Point, Series } from "./charts.ts";
import { metricKind } from "../output/metrics.ts";
import type { Curve } from "../runs/log/figure.ts";
import type { Variant } from "./report_data.ts";

/** Points of a line; more cannot be told apart on a page. */
const MOST_POINTS = 240;

/** Every k-th point and the last. */
function thin(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, at) => at % every === 0 || at === points.length - 1);
}

/** The mean of several lines at the steps that all of them have. */
export function meanLine(lines: readonly (readonly Point[])[]): Point[] {
  const [first = [], ...rest] = lines;
  const others = rest.map((line) => new Map(line.map(({ x, y }) => [x, y])));
  return first.flatMap(({ x, y }) => {
    const values = [y, ...others.map((line) => line.get(x))];
    const whole = values.filter((value) => value !== undefined);
    if (whole.length < values.length) return [];
    return [{ x, y: whole.reduce((a, b) => a + b, 0) / whole.length }];
  });
}

/** A number of all runs by variant, in the unit of its axis; variants without it are left out. */
export function seriesOf(
  variants: readonly Variant[],
  { name, source }: Pick<Curve, "name" | "source">,
): Series[] {
  const { scale } = metricKind(name).unit;
  return variants.flatMap(({ title, members }, place) => {
    const lines = members.flatMap(({ runs }) => runs.flatMap(({ curves }) => curves))
      .filter((curve) => curve.name === name && curve.source === source)
      .map(({ points }) =>
        points.filter(({ value }) => Number.isFinite(value))
          .map(({ step, value }) => ({ x: step, y: value * scale }))
      )
      .filter((line) => line.length > 0);
    if (lines.length === 0) return [];
    return [{ title, place, mean: thin(meanLine(lines)), seeds: lines.map(thin) }];
  });
}
