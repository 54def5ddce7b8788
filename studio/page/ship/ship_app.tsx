import { useComputed, useSignal } from "@preact/signals";
import { ClipTiles } from "@videoms/data/plain";
import { useEffect } from "preact/hooks";
import { TileCanvas } from "../parts/tile_canvas.tsx";
import { StatusLine } from "../parts/status_line.tsx";
import { VideoCard } from "../parts/video_card.tsx";
import { classifyFile, toggleCamera } from "./ship_actions.ts";
import * as store from "./ship_store.ts";

/** Classes that are listed at most. */
const MOST = 10;

/** Milliseconds for which a frame is shown. */
const FRAME_TIME = 150;

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
        <StatusLine />
        {settings && (
          <div class="columns">
            <VideoCard
              isReady={store.engine.value !== null}
              isWatching={store.isWatching.value}
              onFile={classifyFile}
              onCamera={toggleCamera}
            />
            <Classes />
            <Seen />
          </div>
        )}
        {settings && <Facts />}
      </main>
    </>
  );
}
