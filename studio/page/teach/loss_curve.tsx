import type { LossPoint } from "./teach_store.ts";

const [WIDTH, HEIGHT] = [320, 90];

/** A curve of losses over steps. Its place is there before it is. */
export function LossCurve(
  { title, points, steps }: { title: string; points: readonly LossPoint[]; steps: number },
) {
  const last = points.at(-1);
  const top = Math.max(...points.map(({ loss }) => loss), 1e-9);
  const place = ({ step, loss }: LossPoint) =>
    `${(WIDTH * step / Math.max(1, steps)).toFixed(1)},${(HEIGHT * (1 - loss / top)).toFixed(1)}`;
  const text = last
    ? `${points[0].loss.toFixed(3)} at first, ${last.loss.toFixed(3)} after step ${last.step}`
    : "not begun";
  return (
    <figure>
      <svg
        class="curve"
        viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${text}`}
      >
        <polyline points={points.map(place).join(" ")} />
      </svg>
      <figcaption>{title}: {text}.</figcaption>
    </figure>
  );
}
