import { canvasOf } from "@videoms/data/plain";
import { DropCard, FileButton } from "../parts/drop_card.tsx";
import { busy } from "../parts/long_work.ts";
import { TileCanvas } from "../parts/tile_canvas.tsx";
import { addClips, nameClass, record, removeClass, removeClip, SECONDS } from "./teach_actions.ts";
import { titleOf } from "./teach_request.ts";
import * as store from "./teach_store.ts";

/** What the classifier says of a held-out clip; empty for others, and before it was asked. */
function verdictOf(id: number, label: number): string {
  const rated = store.finetuned.value?.clips.find((one) => one.id === id);
  if (!rated) return "";
  const { probabilities } = rated;
  const best = probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
  const said = store.classes.value[best];
  const share = `${Math.round(100 * probabilities[best])} %`;
  return `${
    best === label ? "right" : `taken for ${said ? titleOf(said, best) : "another"}`
  }, ${share}`;
}

/** A clip: its middle, whether it is held out, and what the classifier says of it then. */
function ClipItem({ clip, label }: { clip: store.ClipEntry; label: number }) {
  const size = store.settings.value!.model.geometry.imageSize;
  const { isHeldOut } = clip;
  const verdict = isHeldOut ? verdictOf(clip.id, label) : "";
  return (
    <li>
      <TileCanvas label={clip.file.name} picture={canvasOf(clip.picture, size, size)} />
      <span class={verdict.startsWith("taken") ? "hint wrong" : "hint"}>
        {isHeldOut ? `held out${verdict && `: ${verdict}`}` : "trains"}
      </span>
      <button
        type="button"
        class="small"
        aria-label={`Remove ${clip.file.name}`}
        disabled={store.isTraining.value}
        onClick={() => removeClip(clip.id)}
      >
        Remove
      </button>
    </li>
  );
}

/** A class: its name, its clips, and how more come in. */
export function ClassCard({ entry, label }: { entry: store.ClassEntry; label: number }) {
  const { id, name } = entry;
  const clips = store.clips.value.filter(({ classId }) => classId === id);
  const isOff = store.isTraining.value || store.settings.value === null;
  const title = titleOf(entry, label);
  const add = (files: readonly File[]) => {
    if (files.length > 0 && !isOff) addClips(id, files);
  };
  return (
    <DropCard name={{ label: title }} onFiles={add}>
      <div class="option">
        <label for={`name-${id}`}>Name of class {label + 1}</label>
        <input
          id={`name-${id}`}
          type="text"
          value={name}
          placeholder={title}
          disabled={isOff}
          onInput={({ currentTarget }) => nameClass(id, currentTarget.value)}
        />
      </div>
      <div class="buttons">
        <FileButton
          id={`files-${id}`}
          accept="video/*,.mkv"
          multiple
          disabled={isOff}
          onFiles={add}
        >
          Add clips <span class="unseen">of {title}</span>
        </FileButton>
        {store.camera.value && (
          <button
            type="button"
            disabled={isOff || busy.value !== null}
            onClick={() => record(id)}
          >
            Record {SECONDS} s <span class="unseen">of {title}</span>
          </button>
        )}
        {store.classes.value.length > 2 && (
          <button
            type="button"
            disabled={isOff}
            onClick={() => removeClass(id)}
          >
            Remove <span class="unseen">{title}</span>
          </button>
        )}
      </div>
      {clips.length === 0
        ? <p class="hint">No clips yet. Drop some here: a dozen is a good start.</p>
        : (
          <ul class="clips" aria-label={`Clips of ${title}`}>
            {clips.map((clip) => <ClipItem key={clip.id} clip={clip} label={label} />)}
          </ul>
        )}
    </DropCard>
  );
}
