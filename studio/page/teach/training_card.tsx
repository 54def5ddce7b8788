import { useComputed } from "@preact/signals";
import { ClipTiles } from "@videoms/data/plain";
import { TileCanvas } from "../parts/tile_canvas.tsx";
import { LossCurve } from "./loss_curve.tsx";
import { setSteps, startOver, stop, train } from "./teach_actions.ts";
import * as store from "./teach_store.ts";
import type { StageName } from "./teaching.ts";

/** What a stage is called, and what it is for. */
const STAGES: Readonly<Record<StageName, { title: string; hint: string }>> = {
  pretrain: {
    title: "Pre-training",
    hint:
      "The network reconstructs hidden squares of your clips; it needs no classes. 0 leaves it out.",
  },
  finetune: { title: "Fine-tuning", hint: "The network learns your classes." },
};

function StepsInput({ stage }: { stage: StageName }) {
  const { title, hint } = STAGES[stage];
  const id = `steps-${stage}`;
  return (
    <div class="option">
      <label for={id}>Steps of {title.toLowerCase()}</label>
      <input
        id={id}
        type="number"
        min={0}
        step={10}
        value={store.steps.value[stage]}
        disabled={store.isTraining.value}
        aria-describedby={`${id}-hint`}
        onChange={({ currentTarget: { valueAsNumber } }) =>
          Number.isInteger(valueAsNumber) && valueAsNumber >= 0 && setSteps(stage, valueAsNumber)}
      />
      <p class="hint" id={`${id}-hint`}>{hint}</p>
    </div>
  );
}

/** How the classifier does on clips that it was not trained on. */
function Accuracy() {
  const { value: rating } = store.finetuned;
  const { length: classes } = store.classes.value;
  const right = rating && Math.round(rating.accuracy * rating.clips.length);
  return (
    <div class="accuracy" role="status">
      <span class="number">{rating ? `${Math.round(100 * rating.accuracy)} %` : "–"}</span>
      <span class="hint">
        {rating
          ? `${right} of ${rating.clips.length} held-out clips are right; guessing gets ${
            Math.round(100 / classes)
          } %.`
          : "Accuracy on held-out clips, once there is one."}
      </span>
    </div>
  );
}

/** A held-out clip, and what the network makes of its hidden squares. */
function Reconstruction() {
  const picture = store.pretrained.value?.picture ?? null;
  const tiles = useComputed(() => {
    const { value: rating } = store.pretrained;
    const { value: settings } = store.settings;
    return rating?.picture && settings
      ? new ClipTiles(rating.picture.pixels, settings.model.geometry)
      : null;
  }).value;
  const frame = (store.settings.value?.model.geometry.frames ?? 0) >> 1;
  return (
    <div class="pair">
      <figure>
        <TileCanvas
          label="Hidden squares of a held-out clip"
          picture={tiles && picture ? tiles.tokens(frame, picture) : null}
        />
        <figcaption>A held-out clip: hidden squares are orange.</figcaption>
      </figure>
      <figure>
        <TileCanvas
          label="Hidden squares as the network reconstructs them"
          picture={tiles && picture ? tiles.reconstruction(frame, picture, picture.values) : null}
        />
        <figcaption>
          The hidden squares as the network reconstructs them, with the true brightness and contrast
          of each.
        </figcaption>
      </figure>
    </div>
  );
}

/** Starts and stops training, and shows how far it is. */
export function TrainingCard() {
  const { value: report } = store.report;
  const { value: isTraining } = store.isTraining;
  const isOff = store.settings.value === null || store.clips.value.length === 0;
  const said = report
    ? `${STAGES[report.stage].title}: step ${report.done} of ${report.steps}`
    : "Not begun";
  return (
    <section class="card" aria-labelledby="training" aria-busy={isTraining}>
      <h2 id="training">Train</h2>
      <div class="pair">
        <StepsInput stage="pretrain" />
        <StepsInput stage="finetune" />
      </div>
      <div class="buttons">
        {isTraining
          ? <button type="button" class="primary" onClick={stop}>Stop</button>
          : (
            <button type="button" class="primary" disabled={isOff} onClick={train}>
              {report ? "Go on" : "Train"}
            </button>
          )}
        <button type="button" disabled={isTraining || report === null} onClick={startOver}>
          Start over
        </button>
      </div>
      <div class="slider">
        <progress aria-label="Steps" max={1} value={report ? report.done / report.steps : 0} />
        <output>{said}</output>
      </div>
      <Accuracy />
      <div class="pair">
        {(["pretrain", "finetune"] as const).map((stage) => (
          <LossCurve
            key={stage}
            title={`Loss of ${STAGES[stage].title.toLowerCase()}`}
            points={store.curves.value[stage]}
            steps={store.steps.value[stage]}
          />
        ))}
      </div>
      <Reconstruction />
    </section>
  );
}
