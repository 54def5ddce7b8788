import { decoderSizes, encoderSizes } from "../network/model_options.ts";
import { type EncoderTask, factsOfTask } from "./task_of_weights.ts";
import { epsilonNotes, type KnownModel, positionsDifference, usualSize } from "@videoms/models";

/** Fields of a task's model that must be those of the weights. */
const FIELDS = [
  ...["width", "depth", "heads", "mlpRatio", "patchSize", "tubeletSize"] as const,
  ...["mlp", "qkNorm", "classToken", "registers"] as const,
  ...["decoderWidth", "decoderDepth", "decoderHeads"] as const,
] as const;

type Field = typeof FIELDS[number];
type Numbers = Readonly<Partial<Record<Field, number | string | boolean>>>;

/** The numbers and choices of a task's model that must be those of the weights. */
function numbersOf(task: EncoderTask, hasDecoder: boolean): Numbers {
  const { width, depth, heads } = encoderSizes(task.model);
  const { mlpRatio, patchSize, tubeletSize, mlp, qkNorm, classToken, registers } = task.model;
  const like = { mlp, qkNorm, classToken, registers };
  const encoder = { width, depth, heads, mlpRatio, patchSize, tubeletSize, ...like };
  if (task.kind !== "pretrain" || !hasDecoder) return encoder;
  const decoder = decoderSizes(task.model);
  const [decoderWidth, decoderDepth, decoderHeads] = [decoder.width, decoder.depth, decoder.heads];
  return { ...encoder, decoderWidth, decoderDepth, decoderHeads };
}

/** The flags that make a task's model that of the weights. */
function advice(known: KnownModel, { model }: EncoderTask, wrong: readonly Field[]): string[] {
  const usual = usualSize(known);
  const isPlain = model.width === null && model.depth === null && model.heads === null;
  const fits = isPlain && usual && (known.heads ?? usual[1].heads) === usual[1].heads;
  const flags = wrong.map((field) =>
    fits && ["width", "depth", "heads"].includes(field)
      ? `--set model.size=${usual[0]}`
      : `--set model.${field}=${known[field]}`
  );
  return [...new Set(flags)];
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
  const fields = FIELDS.filter((field) => field in wanted);
  const unknown = fields.filter((field) => known[field] === null);
  const wrong = fields.filter((field) => known[field] !== null && known[field] !== wanted[field]);
  const placed = positionsDifference(task.model.positions, known.positions);
  if (wrong.length + placed.flags.length > 0) {
    const fields = wrong.map((field) => `${field} ${wanted[field]} for ${known[field]}`);
    throw new RangeError(
      `Cannot load weights ${path}: the model must be that of the weights, got ` +
        `${[...fields, ...placed.got].join(", ")}. Set it with ` +
        `${[...advice(known, task, wrong), ...placed.flags].join(" ")}.`,
    );
  }
  const { imageSize, frames } = task.model;
  const isResized = (known.imageSize ?? imageSize) !== imageSize ||
    (known.frames ?? frames) !== frames;
  const values = unknown.map((field) => `${field} ${wanted[field]}`).join(", ");
  return [
    ...unknown.length > 0 ? [`not stored with the weights: ${values}, as the task has it`] : [],
    ...isResized
      ? [
        `resized: clips of ${frames} frames of ${imageSize} × ${imageSize} in place of ${known.frames} of ` +
        `${known.imageSize} × ${known.imageSize}; positions are ${
          task.model.positions.name === "learned" ? "interpolated" : "computed"
        } for them`,
      ]
      : [],
    ...epsilonNotes(known, factsOfTask(task)),
  ];
}
