import { useComputed, useSignal } from "@preact/signals";
import { ClipTiles } from "@videoms/data/plain";
import { useEffect } from "preact/hooks";
import { TileCanvas } from "../studio/tile_canvas.tsx";
import { classifyFile, toggleCamera } from "./ship_actions.ts";
import * as store from "./ship_store.ts";

/** Classes that are listed at most. */
const MOST = 10;

/** Milliseconds for which a frame is shown. */
const FRAME_TIME = 150;

/** What the page is at, how far it is, and what went wrong. */
function Status() {
  const { value: busy } = store.busy;
  const { value: problem } = store.problem;
  return (
    <div class="status">
      <p role="status">{busy ? `${busy.text} …` : problem ? "" : "Ready"}</p>
      {busy && (
        <>
          <progress aria-label={busy.text} max={1} value={busy.share ?? undefined} />
          <button type="button" onClick={busy.cancel}>Cancel</button>
        </>
      )}
      <p role="alert" class="problem">{problem}</p>
    </div>
  );
}

/** A video by a file or the camera. */
function Input() {
  const isOver = useSignal(false);
  const isReady = store.engine.value !== null;
  const take = (files: FileList | null | undefined) => {
    if (files?.[0]) classifyFile(files[0]);
  };
  return (
    <section
      class={isOver.value ? "card drop over" : "card drop"}
      aria-labelledby="video"
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => isOver.value = false}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <h2 id="video">Video</h2>
      <p>Drop a video here, or choose one. It stays on this machine.</p>
      <div class="buttons">
        <label class={isReady ? "button primary" : "button primary off"}>
          Choose a video
          <input
            type="file"
            accept="video/*,.mkv"
            class="unseen"
            disabled={!isReady}
            onChange={({ currentTarget }) => {
              take(currentTarget.files);
              currentTarget.value = ""; // the same file can be chosen again
            }}
          />
        </label>
        <button type="button" disabled={!isReady} onClick={toggleCamera}>
          {store.isWatching.value ? "Stop the camera" : "Use the camera"}
        </button>
      </div>
    </section>
  );
}

/** The most probable classes. */
function Classes() {
  const { classes = [] } = store.settings.value ?? {};
  const { value: found } = store.classified;
  const ranked = classes
    .map((name, label) => ({ name, share: found?.probabilities[label] ?? 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST);
  return (
    <section class="card" aria-labelledby="classes">
      <h2 id="classes">{store.subject.value ? `What is in ${store.subject.value}` : "Classes"}</h2>
      <ol class="classes">
        {ranked.map(({ name, share }) => (
          <li key={name}>
            <span>{name}</span>
            <meter aria-label={name} min={0} max={1} value={share} />
            <span class="share">{found ? `${(100 * share).toFixed(1)} %` : "–"}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The clip as the classifier saw it, playing where motion is welcome. */
function Seen() {
  const frame = useSignal(0);
  const tiles = useComputed(() => {
    const { value: found } = store.classified;
    return found && new ClipTiles(found.pixels, store.settings.value!.model.geometry);
  }).value;
  const { frames = 1 } = store.settings.value?.model.geometry ?? {};
  useEffect(() => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const timer = setInterval(() => frame.value = (frame.value + 1) % frames, FRAME_TIME);
    return () => clearInterval(timer);
  }, [frames]);
  const { value: found } = store.classified;
  const kept = found ? `${found.kept.length} tokens that the classifier saw` : "Nothing yet";
  return (
    <section class="card" aria-labelledby="seen">
      <h2 id="seen">What it looked at</h2>
      <figure>
        <TileCanvas
          label={kept}
          picture={tiles && found ? tiles.tokens(frame.value, { visible: found.kept }) : null}
        />
        <figcaption>
          The classifier sees the bright squares only; the dark ones are dropped.
        </figcaption>
      </figure>
    </section>
  );
}

/** What is known of the classifier and of its speed here. */
function Facts() {
  const { value: found } = store.classified;
  const facts = [
    [
      "Network",
      found ? `${found.clipTime.toFixed(1)} ms a clip, ${found.views} clips a video` : "–",
    ],
    ["Memory of its tensors", found ? `${(found.memory.bytes / 1e6).toFixed(1)} MB` : "–"],
    ["Without a network", store.isKept.value ? "works from now on" : "not yet"],
  ];
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">On this machine</h2>
      <dl class="figures">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href="MODEL.md">About the classifier</a> · <a href="LICENCES.txt">Licences</a>
      </p>
    </section>
  );
}

/** The whole page. */
export function ShipApp() {
  const { value: settings } = store.settings;
  return (
    <>
      <header>
        <h1>{settings ? settings.name : "A video classifier"}</h1>
        <p>
          Tells which of {settings?.classes.length ?? "some"}{" "}
          classes a video shows, by the parts of it that move.
        </p>
        <p class="hint">{store.engine.value ?? " "} Nothing is uploaded.</p>
      </header>
      <main>
        <Status />
        {settings && (
          <div class="columns">
            <Input />
            <Classes />
            <Seen />
          </div>
        )}
        {settings && <Facts />}
      </main>
    </>
  );
}
