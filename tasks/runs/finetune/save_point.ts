import { type Validation, validationMetrics } from "../classifier/validation.ts";
import type { FinetuneSession } from "./finetune_session.ts";
import { validate } from "./validate.ts";

/** How the weights do, and their average where there is one. */
export interface ValidationPoint {
  weights: Validation;
  average: Validation | null;
}

/**
 * Validates the weights, and their average, and logs what it finds.
 *
 * @returns null if it was stopped on the way
 */
export async function validateSession(
  session: FinetuneSession,
  step: number,
  signal: AbortSignal,
): Promise<ValidationPoint | null> {
  try {
    return await validateAll(session, step, signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function validateAll(
  session: FinetuneSession,
  step: number,
  signal: AbortSignal,
): Promise<ValidationPoint> {
  const { context, subject, task, videos, log } = session;
  const { parameters, average } = subject;
  const split = videos.heldOutIsSeparate ? "heldOut" : "train";
  const sets = average ? [parameters, average.parameters] : [parameters];
  const [weights, averaged] = await validate(context, sets, {
    task,
    videos: videos.heldOut,
    unreadable: videos.unreadable.filter((one) => one.split === split),
    onUnreadable: (path, error) => log.append({ event: "unreadable", step, path, error }),
    signal,
  });
  log.append({
    event: "validation",
    step,
    split: videos.heldOutIsSeparate ? "held-out" : "train",
    metrics: [
      ...validationMetrics(weights),
      ...averaged ? validationMetrics(averaged, { weights: "last-average" }) : [],
    ],
  });
  return { weights, average: averaged ?? null };
}

/**
 * Saves everything that the next step depends on. The best checkpoint is kept beside the last ones.
 *
 * @param point validation of these weights: they may be the best so far; null if there was none
 * @param isDue whether there should have been one, so that a resumed run makes up for it
 */
export async function saveFinetuneCheckpoint(
  session: FinetuneSession,
  step: number,
  point: ValidationPoint | null,
  isDue: boolean,
): Promise<void> {
  if (point && isBest(session, point)) {
    session.best = { step, accuracy: point.weights.top1 };
  }
  const validated = point !== null || !isDue;
  await session.saver.save(step, { best: session.best, note: { validated } });
}

/** Whether weights do better than any before; of equal ones the earlier are kept. */
export function isBest({ best }: FinetuneSession, { weights }: ValidationPoint): boolean {
  return best === null || weights.top1 > best.accuracy;
}
