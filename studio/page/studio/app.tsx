import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ClipTiles } from "@videoms/data/plain";
import { ClassesList } from "./classes_list.tsx";
import { Player } from "./player.tsx";
import { StatusLine } from "../parts/status_line.tsx";
import * as store from "./store.ts";
import { StrategyPanel } from "./strategy_panel.tsx";
import { TileCanvas } from "../parts/tile_canvas.tsx";
import { VideoInput } from "./video_input.tsx";
import { closeCamera } from "./actions.ts";
import { beginTeaching } from "../teach/teach_actions.ts";
import * as teachStore from "../teach/teach_store.ts";
import { TeachView } from "../teach/teach_view.tsx";
import { type View, view } from "./view.ts";

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

/** What strategies keep of a video, and what a network makes of it. */
function SeeView() {
  const tiles = useComputed(() => {
    const { value: found } = store.looked;
    return found && new ClipTiles(found.pixels, store.settings.value!.model.geometry);
  }).value;
  const { strategies, run } = store.settings.value!;
  const isClassifier = run?.kind === "finetune";
  return (
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
        {strategies.map((_, side) => <StrategyPanel key={side} side={side} tiles={tiles} />)}
      </div>
      {!isClassifier && <ClassesList tiles={tiles} />}
    </>
  );
}

/** What each view is for. */
const LEADS: Readonly<Record<View, string>> = {
  see:
    "A masked video model learns from a few small squares of a video, called tokens. See which ones each strategy " +
    "keeps of yours.",
  teach:
    "Teach a small network to tell your own clips apart, on this machine: it first learns to reconstruct them, " +
    "then to name their classes.",
};

/** Links between the views. */
function Views() {
  const link = (to: View, text: string) => (
    <a href={`#${to}`} aria-current={view.value === to ? "page" : undefined}>{text}</a>
  );
  return <nav aria-label="Views">{link("see", "See")}{link("teach", "Teach")}</nav>;
}

/** The whole page. */
export function App() {
  const { value: settings } = store.settings;
  const { value: started } = store.started;
  const isTeaching = view.value === "teach";
  const isReady = settings !== null && started !== null;
  useEffect(() => {
    if (!isTeaching || !isReady) return;
    closeCamera();
    beginTeaching(settings);
  }, [isTeaching, isReady]);
  const engine = isTeaching ? teachStore.engine.value : started?.engine;
  return (
    <>
      <header>
        <div class="title">
          <h1>VideoMS studio</h1>
          <Views />
        </div>
        <p>{LEADS[view.value]}</p>
        <p class="hint">{engine || " "} Nothing is uploaded.</p>
      </header>
      <main>
        <StatusLine idle={teachStore.isTraining.value ? "Training" : "Ready"} />
        {isReady && (isTeaching ? <TeachView /> : <SeeView />)}
      </main>
    </>
  );
}
