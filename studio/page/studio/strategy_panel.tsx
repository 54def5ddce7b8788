import { useComputed } from "@preact/signals";
import type { ClipTiles } from "@videoms/data/plain";
import { chooseStrategy, setOption } from "./actions.ts";
import type { ChoiceFigures, Looked } from "./look_messages.ts";
import { PluginChoice } from "./plugin_choice.tsx";
import * as store from "./store.ts";
import { TileCanvas } from "../parts/tile_canvas.tsx";

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** Multiply-accumulates with their unit. */
function macsText(macs: number): string {
  return macs >= 1e12
    ? `${(macs / 1e12).toPrecision(3)} TMACs`
    : `${(macs / 1e9).toPrecision(3)} GMACs`;
}

/** What the numbers are called, and what each says to someone who never read of them. */
function rowsOf(figures: ChoiceFigures): [string, string, string][] {
  const { visible, target, dropped, macs, motionVisible, motionKept } = figures;
  const all = visible + target + dropped;
  return [
    ["Visible", `${visible} (${percent(visible / all)})`, "what the network sees"],
    ["Targets", `${target} (${percent(target / all)})`, "what it must reconstruct"],
    ["Dropped", `${dropped} (${percent(dropped / all)})`, "what costs nothing"],
    ["Motion seen", percent(motionVisible), "share of all change, in visible tokens"],
    ["Motion kept", percent(motionKept), "in visible tokens and targets"],
    ["Cost", macsText(macs), "multiply-accumulates of a clip, forward"],
  ];
}

function Figures({ figures }: { figures: ChoiceFigures | null }) {
  const empty: ChoiceFigures = {
    ...{ visible: 0, target: 0, dropped: 0, macs: 0, motionVisible: 0, motionKept: 0 },
  };
  return (
    <dl class="figures">
      {rowsOf(figures ?? empty).map(([name, value, meaning]) => (
        <div key={name}>
          <dt>
            {name}
            <span class="hint">{meaning}</span>
          </dt>
          <dd>{figures ? value : "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The strategy of a side among those that fit the clip; null for one that does not. */
function lookedBy({ strategies, refused }: Looked, side: number) {
  if (refused[side] !== null) return null;
  return strategies[refused.slice(0, side).filter((why) => why === null).length];
}

/** One of the two strategies: its controls, its tokens on the frame, its numbers and reconstructions. */
export function StrategyPanel({ side, tiles }: { side: number; tiles: ClipTiles | null }) {
  const found = useComputed(() => store.looked.value && lookedBy(store.looked.value, side)).value;
  const masking = store.strategies.value[side];
  const refusal = store.looked.value?.refused[side] ?? null;
  const { value: frame } = store.frame;
  const draw = found?.draws[0];
  const title = side === 0 ? "Left strategy" : "Right strategy";
  const figures = found?.figures;
  const label = figures
    ? `Tokens of ${masking.name} on frame ${
      frame + 1
    }: ${figures.visible} of the clip are visible, ` +
      `${figures.target} are targets, ${figures.dropped} are dropped`
    : `Tokens of ${masking.name}: none yet`;
  return (
    <section class="card" aria-labelledby={`side-${side}`}>
      <h2 id={`side-${side}`}>{title}</h2>
      <PluginChoice
        id={`strategy-${side}`}
        label="Which tokens are kept"
        plugins={store.pluginsOfKind("masking")}
        chosen={masking}
        onChoose={(name) => chooseStrategy(side, name)}
        onOption={(name, value) => setOption(side, name, value)}
      />
      <p class="refusal" role="status">{refusal}</p>
      <TileCanvas label={label} picture={tiles && draw ? tiles.tokens(frame, draw) : null} />
      <Figures figures={found?.figures ?? null} />
      <div class="pair">
        {tiles && draw &&
          found.reconstructions.map(({ label: lines, values: [values] }) => (
            <figure key={lines.join(" ")}>
              <TileCanvas
                label={`${lines.join(" ")} of ${masking.name}, frame ${frame + 1}`}
                picture={tiles.reconstruction(frame, draw, values)}
              />
              <figcaption>{sentenceOf(lines)}</figcaption>
            </figure>
          ))}
      </div>
    </section>
  );
}

/** What a reconstruction shows, for people. */
function sentenceOf(lines: readonly string[]): string {
  const text = lines.join(" ");
  if (text.includes("true")) {
    return "Targets as the network predicts them, with the true brightness and contrast of each.";
  }
  if (text.includes("predicted")) {
    return "The same with the brightness and contrast of the nearest visible token: nothing is looked up.";
  }
  return "Targets as the network predicts them.";
}
