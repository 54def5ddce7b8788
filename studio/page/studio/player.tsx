import { useEffect } from "preact/hooks";
import { advance, chooseFrames, moveTo, setFramesOption } from "./actions.ts";
import { PluginChoice } from "./plugin_choice.tsx";
import { busy } from "../parts/long_work.ts";
import * as store from "./store.ts";

/** Frames a second at which clips whose rate is unknown are played. */
const FALLBACK_RATE = 8;

/** How many of its frames a clip shows in a second. */
function playRate(): number {
  const rate = (store.settings.value?.fps ?? store.video.value?.fps) || 0;
  return rate > 0 ? rate / store.settings.value!.samplingRate : FALLBACK_RATE;
}

/** A slider over the clips of the video. */
function ClipPlace() {
  const { value: facts } = store.video;
  const isFile = store.source.value === "file" && facts !== null;
  const last = isFile ? Math.max(0, facts.positions - facts.span) : 0;
  const place = store.start.value ?? last >> 1;
  const text = isFile ? `begins at ${place + 1} of ${facts.positions}` : "needs a video file";
  return (
    <div class="slider">
      <label for="place">Clip of the video</label>
      <input
        id="place"
        type="range"
        min={0}
        max={Math.max(1, last)}
        value={place}
        disabled={last === 0}
        aria-valuetext={text}
        onChange={({ currentTarget }) => moveTo(currentTarget.valueAsNumber)}
      />
      <output for="place">{text}</output>
    </div>
  );
}

/** A slider over the frames of the clip. */
function FramePlace() {
  const { value: found } = store.looked;
  const count = store.clipFrames.value;
  const isFile = found && store.source.value === "file";
  const number = isFile ? `, number ${found.frames[store.frame.value] + 1} of the video` : "";
  const text = `${store.frame.value + 1} of ${count}`;
  return (
    <div class="slider">
      <label for="frame">Frame of the clip</label>
      <input
        id="frame"
        type="range"
        min={0}
        max={Math.max(1, count - 1)}
        value={store.frame.value}
        disabled={!found}
        aria-valuetext={text + number}
        onInput={({ currentTarget }) => store.frame.value = currentTarget.valueAsNumber}
      />
      <output for="frame">{text}{number}</output>
    </div>
  );
}

/** Playing, stepping, and where in the video the clip is. */
export function Player() {
  const { value: isPlaying } = store.playing;
  const { value: isBusy } = busy;
  useEffect(() => {
    if (!isPlaying) return;
    let isAdvancing = false;
    const timer = setInterval(async () => {
      if (isAdvancing) return; // the next clip is on its way
      isAdvancing = true;
      await advance();
      isAdvancing = false;
    }, 1000 / playRate());
    return () => clearInterval(timer);
  }, [isPlaying, store.video.value]);
  const count = store.clipFrames.value;
  const step = (by: number) => store.frame.value = (store.frame.value + by + count) % count;
  const none = store.looked.value === null;
  return (
    <section class="card" aria-labelledby="player" aria-busy={isBusy !== null}>
      <h2 id="player">Clip</h2>
      <div class="buttons">
        <button type="button" disabled={none} aria-label="Previous frame" onClick={() => step(-1)}>
          Previous
        </button>
        <button
          type="button"
          class="play"
          disabled={none}
          aria-pressed={isPlaying}
          onClick={() => store.playing.value = !isPlaying}
        >
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" disabled={none} aria-label="Next frame" onClick={() => step(1)}>
          Next
        </button>
        <label class="check">
          <input
            type="checkbox"
            checked={store.goesOn.value}
            disabled={store.source.value !== "file"}
            onChange={({ currentTarget }) => store.goesOn.value = currentTarget.checked}
          />
          Go on to the next clip
        </label>
      </div>
      <FramePlace />
      <ClipPlace />
      <PluginChoice
        id="frames"
        label="Which frames make the clip"
        plugins={store.pluginsOfKind("frames")}
        chosen={store.frames.value!}
        onChoose={chooseFrames}
        onOption={setFramesOption}
      />
    </section>
  );
}
