import { DropCard, FileButton } from "../parts/drop_card.tsx";
import { FOLDER } from "./taught_files.ts";
import { downloadAll, downloadWeights, useWeights } from "./teach_actions.ts";
import * as store from "./teach_store.ts";

/** What the command line takes of the archive. */
const COMMANDS = [
  `unzip ${FOLDER}.zip`,
  `deno task evaluate ${FOLDER}/finetune.safetensors --annotations ${FOLDER}/held-out.txt`,
  `deno task finetune ${FOLDER}/finetune.ts`,
].join("\n");

/** What training begins with, in words. */
function startText(): string {
  const { value: weights } = store.weights;
  if (!weights) return "Training begins with new weights.";
  const { name, kind, step, goesOn } = weights;
  const what = kind === "pretrain" ? "a pre-training" : "a fine-tuning";
  return goesOn
    ? `Training goes on from ${name}, ${what} of ${step} steps.`
    : `Training begins with the weights of ${name}, ${what} of ${step} steps.`;
}

/** Files out and in. */
export function FilesCard() {
  const isOff = store.isTraining.value || store.settings.value === null;
  const hasNone = isOff || store.report.value === null;
  const take = ([file]: readonly File[]) => {
    if (file && !isOff) useWeights(file);
  };
  return (
    <DropCard name={{ heading: "files" }} onFiles={take}>
      <h2 id="files">Keep it</h2>
      <p>
        Nothing is kept when this page is closed. Download the weights and drop them here another
        time to go on, or take everything to the command line.
      </p>
      <div class="buttons">
        <button type="button" disabled={hasNone} onClick={downloadWeights}>
          Download the weights
        </button>
        <button type="button" disabled={hasNone} onClick={downloadAll}>
          Download everything
        </button>
        <FileButton id="weights" accept=".safetensors" disabled={isOff} onFiles={take}>
          Go on from weights
        </FileButton>
      </div>
      <p class="hint" role="status">{startText()}</p>
      <p>Everything is an archive of weights, task files, lists and clips, for these commands:</p>
      <pre><code>{COMMANDS}</code></pre>
    </DropCard>
  );
}
