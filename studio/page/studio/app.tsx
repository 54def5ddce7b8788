import { useComputed } from "@preact/signals";
import { ClipTiles } from "@videoms/data/plain";
import { ClassesList } from "./classes_list.tsx";
import { Player } from "./player.tsx";
import { StatusLine } from "../parts/status_line.tsx";
import * as store from "./store.ts";
import { StrategyPanel } from "./strategy_panel.tsx";
import { TileCanvas } from "../parts/tile_canvas.tsx";
import { VideoInput } from "./video_input.tsx";

/** The frame as it is, and how much each of its tokens moves. */
function Pictures({ tiles }: { tiles: ClipTiles | null }) {
  const { value: found } = store.looked;
  const { value: frame } = store.frame;
  const importance = found?.importance;
  const what = store.settings.value?.run
    ? "in the eyes of the network"
    : "in its pixels, since no network is loaded";
  return (
    <section class="card" aria-labelledby="pictures">
      <h2 id="pictures">What moves</h2>
      <div class="pair">
        <figure>
          <TileCanvas
            label={`Frame ${frame + 1} of the clip`}
            picture={tiles?.frame(frame) ?? null}
          />
          <figcaption>The frame that the network sees: a square from the middle.</figcaption>
        </figure>
        <figure>
          <TileCanvas
            label={`Importance of each token, frame ${frame + 1}`}
            picture={tiles && importance ? tiles.importance(frame, importance) : null}
          />
          <figcaption>
            How much each token changes from one moment to the next, {what}: bright is most.
          </figcaption>
        </figure>
      </div>
    </section>
  );
}

/** The whole page. */
export function App() {
  const tiles = useComputed(() => {
    const { value: found } = store.looked;
    return found && new ClipTiles(found.pixels, store.settings.value!.model.geometry);
  }).value;
  const { value: settings } = store.settings;
  const { value: started } = store.started;
  const isClassifier = settings?.run?.kind === "finetune";
  return (
    <>
      <header>
        <h1>VideoMS studio</h1>
        <p>
          A masked video model learns from a few small squares of a video, called tokens. See which
          ones each strategy keeps of yours.
        </p>
        <p class="hint">{started?.engine ?? " "} Nothing is uploaded.</p>
      </header>
      <main>
        <StatusLine />
        {settings && started && (
          <>
            <div class="columns">
              <VideoInput />
              <Pictures tiles={tiles} />
              <Player />
            </div>
            {isClassifier && <ClassesList tiles={tiles} />}
            <p class="legend">
              On the frames below: <span class="key visible">as it is</span> visible,{" "}
              <span class="key target">orange</span> target to reconstruct,{" "}
              <span class="key dropped">dark</span> dropped.
            </p>
            <div class="sides">
              {settings.strategies.map((_, side) => (
                <StrategyPanel key={side} side={side} tiles={tiles} />
              ))}
            </div>
            {!isClassifier && <ClassesList tiles={tiles} />}
          </>
        )}
      </main>
    </>
  );
}
