import { writePng } from "../../pictures/png.ts";
import { loggedMetrics } from "../log/logged_metric.ts";
import { collapseSigns, collapseWarnings } from "./collapse_signs.ts";
import { heldOutLoss } from "./held_out.ts";
import { heldOutPicture } from "./held_out_picture.ts";
import type { PretrainSession } from "./pretrain_session.ts";

/** Losses on held-out clips. */
export interface HeldOutResult {
  /** Of the weights; null if there are no held-out clips. */
  loss: number | null;
  /** Of their moving average; null if there is none. */
  averageLoss: number | null;
}

/** Evaluates the weights, and their average, on the held-out clips and logs what it finds. */
export async function evaluate(
  session: PretrainSession,
  step: number,
  warn: (text: string) => void,
): Promise<HeldOutResult> {
  const { context, subject: { parameters, average }, heldOut, log, videos } = session;
  const loss = await heldOutLoss(context, parameters, heldOut);
  const averageLoss = average &&
    await heldOutLoss(context, average.parameters, heldOut);
  if (loss !== null) {
    const signs = await collapseSigns(context, heldOut, session.drift);
    log.append({
      event: "evaluation",
      step,
      split: videos.heldOutIsSeparate ? "held-out" : "train",
      metrics: [
        ...loggedMetrics({ loss, ...signs }),
        ...loggedMetrics({ loss: averageLoss }, { weights: "last-average" }),
      ],
    });
    for (const warning of signs ? collapseWarnings(signs) : []) {
      log.append({ event: "warning", step, warning });
      warn(`Warning at step ${step}: ${warning}`);
    }
  }
  return { loss, averageLoss };
}

/** Saves everything that the next step depends on; the checkpoint with the least loss is kept. */
export async function saveCheckpoint(
  session: PretrainSession,
  step: number,
  { loss }: HeldOutResult,
): Promise<void> {
  if (loss !== null && loss < (session.best?.loss ?? Infinity)) session.best = { step, loss };
  await session.saver.save(step, { best: session.best });
}

/** Draws the held-out clips; null if there are none, or the picture cannot be written. */
export async function savePicture(session: PretrainSession, step: number): Promise<string | null> {
  const { context, heldOut, folder, task, videos, strategy, log, output } = session;
  const clips = videos.heldOutIsSeparate ? "held-out clips" : "training clips";
  const title = `${task.name}, step ${step}: ${clips}, ${strategy.name} masking`;
  const picture = await heldOutPicture(context, heldOut, title);
  if (!picture) return null;
  const path = await folder.file("pictures", `step-${String(step).padStart(8, "0")}.png`);
  try {
    await writePng(path, picture);
  } catch (error) {
    output.reportFailure(path, error);
    return null;
  }
  log.append({ event: "picture", step, path });
  return path;
}
