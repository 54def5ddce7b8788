import type { ClipTiles } from "@videoms/data/plain";
import * as store from "./store.ts";
import { TileCanvas } from "../parts/tile_canvas.tsx";

/** Classes that are listed at most. */
const MOST = 8;

/** What the classifier says of the clip, and the tokens that it saw. */
export function ClassesList({ tiles }: { tiles: ClipTiles | null }) {
  const { value: settings } = store.settings;
  const { value: found } = store.looked;
  const run = settings?.run;
  if (!run) return null;
  const { value: frame } = store.frame;
  const classified = found?.classified;
  const kept = found?.kept ?? null;
  const ranked = run.classes
    .map((name, label) => ({ name, share: classified?.probabilities[label] ?? 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST);
  return (
    <section class="card" aria-labelledby="classes">
      <h2 id="classes">{run.kind === "finetune" ? "Classes" : "Tokens for fine-tuning"}</h2>
      <p class="hint">Weights: {run.name}, step {run.step}</p>
      <div class="beside">
        {run.kind === "finetune" && (
          <ol class="classes">
            {ranked.map(({ name, share }) => (
              <li key={name}>
                <span>{name}</span>
                <meter aria-label={name} min={0} max={1} value={share} />
                <span class="share">{classified ? `${(100 * share).toFixed(1)} %` : "–"}</span>
              </li>
            ))}
          </ol>
        )}
        <figure>
          <TileCanvas
            label={kept ? `The ${kept.length} tokens that the classifier sees` : "Tokens: none yet"}
            picture={tiles && kept ? tiles.tokens(frame, { visible: kept }) : null}
          />
          <figcaption>
            The classifier sees the bright tokens only; the dark ones are dropped.
          </figcaption>
        </figure>
      </div>
    </section>
  );
}
