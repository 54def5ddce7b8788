import { decoderSizes, encoderSizes } from "../network/model_options.ts";
import { type EncoderTask, factsOfTask } from "./task_of_weights.ts";
import { type KnownModel, usualSize } from "@videoms/models";

/** Numbers of a model that must be those of the weights, by field of the task. */
type Numbers = Readonly<Record<string, number | null>>;

function numbersOf(task: EncoderTask, hasDecoder: boolean): Numbers {
  const { model } = task;
  const { width, depth, heads } = encoderSizes(model);
  const { mlpRatio, patchSize, tubeletSize } = model;
  const encoder = { width, depth, heads, mlpRatio, patchSize, tubeletSize };
  if (task.kind !== "pretrain" || !hasDecoder) return encoder;
  const decoder = decoderSizes(task.model);
  return {
    ...encoder,
    decoderWidth: decoder.width,
    decoderDepth: decoder.depth,
    decoderHeads: decoder.heads,
  };
}

/** The flags that make a task's model that of the weights. */
function advice(known: KnownModel, task: EncoderTask, wrong: readonly string[]): string {
  const { model } = task;
  const usual = usualSize(known);
  const isPlain = model.width === null && model.depth === null && model.heads === null;
  const fits = isPlain && usual && (known.heads ?? usual[1].heads) === usual[1].heads;
  const named = fits ? ["width", "depth", "heads"] : [];
  const size = wrong.some((field) => named.includes(field))
    ? [`--set model.size=${usual![0]}`]
    : [];
  const facts = known as unknown as Numbers;
  const single = wrong.filter((field) => !named.includes(field))
    .map((field) => `--set model.${field}=${facts[field]}`);
  return [...size, ...single].join(" ");
}

/**
 * Checks that a task's model is that of the weights that it starts from.
 *
 * @param path where the weights are, for messages
 * @returns what differs and may, or is not known, a sentence each
 * @throws {RangeError} that says what to set
 */
export function checkModel(known: KnownModel, task: EncoderTask, path: string): string[] {
  const wanted = numbersOf(task, known.decoderWidth !== null);
  const facts = known as unknown as Numbers;
  const wrong = Object.keys(wanted).filter((field) =>
    facts[field] !== null && facts[field] !== wanted[field]
  );
  if (wrong.length > 0) {
    const got = wrong.map((field) => `${field} ${wanted[field]} for ${facts[field]}`).join(", ");
    throw new RangeError(
      `Cannot load weights ${path}: the model must be that of the weights, got ${got}. Set it with ` +
        `${advice(known, task, wrong)}.`,
    );
  }
  return notes(known, task, wanted);
}

/** What norms add to the variance, where it is not what the weights' model adds. */
function epsilonNotes(known: KnownModel, task: EncoderTask): string[] {
  const wanted = factsOfTask(task);
  const norms = [
    ["normEpsilon", "norms add", true],
    ["headNormEpsilon", "the norm before the head adds", known.meanPooling],
    ["decoderFinalNormEpsilon", "the decoder's last norm adds", known.decoderDepth !== null],
  ] as const;
  return norms.flatMap(([field, what, isLoaded]) => {
    const theirs = known[field] ?? known.normEpsilon;
    const own = wanted[field];
    if (!isLoaded || theirs === null || own === null || theirs === own) return [];
    return [
      `${what} ${own} to the variance, in the weights' model ${theirs}; ` +
      `--set model.${field}=${theirs} makes them equal`,
    ];
  });
}

function notes(known: KnownModel, task: EncoderTask, wanted: Numbers): string[] {
  const { imageSize, frames } = task.model;
  const told: string[] = [];
  const unknown = Object.keys(wanted).filter((field) => known[field as keyof KnownModel] === null);
  if (unknown.length > 0) {
    const values = unknown.map((field) => `${field} ${wanted[field]}`).join(", ");
    told.push(`not stored with the weights: ${values}, as the task has it`);
  }
  const isResized = (known.imageSize ?? imageSize) !== imageSize ||
    (known.frames ?? frames) !== frames;
  if (isResized) {
    told.push(
      `resized: clips of ${frames} frames of ${imageSize} × ${imageSize} in place of ${known.frames} of ` +
        `${known.imageSize} × ${known.imageSize}; positions are a sine-cosine table and computed for them`,
    );
  }
  return [...told, ...epsilonNotes(known, task)];
}
