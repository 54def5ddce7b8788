/** A figure as a card shows it. */
export interface CardFigure {
  /** "top-1". */
  readonly name: string;
  /** With its unit: "77.50 %". */
  readonly value: string;
  /** What it was measured on: "fine-tuning, evaluation, test videos, 5 × 3 views". */
  readonly of: string;
  /** Optimiser steps that were done by then. */
  readonly step: number;
}

/** What a model card says. */
export interface CardFacts {
  readonly name: string;
  /** What was trained: an autoencoder, or a classifier. */
  readonly kind: "pretrain" | "finetune";
  /** An SPDX identifier or other words; null where none is stated. */
  readonly licence: string | null;
  /** Whose libraries load the weights. */
  readonly layout: "hugging-face" | "videoms";
  /** Facts about network, clips and training for people, by name, in their order. */
  readonly facts: Readonly<Record<string, string>>;
  /** The lists of videos; empty where it is not known which. */
  readonly lists: readonly {
    readonly name: string;
    readonly videos: number;
    readonly hash: string;
  }[];
  readonly classes: readonly string[];
  readonly figures: readonly CardFigure[];
  /** What readers have to know beside it, a sentence each. */
  readonly notes: readonly string[];
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

/** Markdown of a table. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What Hugging Face's hub reads of a card: YAML, of which JSON's texts are a part. */
function frontMatter({ licence, layout, kind }: CardFacts): string {
  const isId = licence !== null && /^[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(licence);
  const lines = [
    ...licence === null
      ? []
      : isId
      ? [`license: ${licence.toLowerCase()}`]
      : ["license: other", `license_name: ${JSON.stringify(licence)}`],
    ...layout === "hugging-face" ? ["library_name: transformers"] : [],
    ...kind === "finetune" ? ["pipeline_tag: video-classification"] : [],
    "tags:",
    ...["video", "masked-autoencoder", "videomae", "videoms"].map((tag) => `- ${tag}`),
  ];
  return ["---", ...lines, "---"].join("\n");
}

const CLASS_OF = { pretrain: "VideoMAEForPreTraining", finetune: "VideoMAEForVideoClassification" };

/** How to load the weights, by the programs that can. */
function loading({ kind, layout }: CardFacts): string {
  const start = "```sh\ndeno task finetune --from <this folder>\n```";
  if (layout === "videoms") {
    return `With VideoMS, whose networks these weights need:\n\n${start}`;
  }
  return `With transformers:

\`\`\`python
from transformers import ${CLASS_OF[kind]}, VideoMAEImageProcessor

model = ${CLASS_OF[kind]}.from_pretrained("<this folder>")
processor = VideoMAEImageProcessor.from_pretrained("<this folder>")
\`\`\`

It reports biases of keys as missing and \`q_bias\`, \`v_bias\` as unexpected: the first are zero, and the others stand there
under the names of versions 4 and 5.

With VideoMS, which starts a fine-tuning from them:

${start}`;
}

const WHAT = {
  pretrain: "A masked autoencoder of videos, whose encoder is to be fine-tuned",
  finetune: "A classifier of videos",
};

function limits({ kind, classes }: CardFacts): string {
  const learnt =
    "It was trained on the data below alone; what it does on other videos has not been measured.";
  return kind === "pretrain"
    ? learnt
    : `It answers with one of its ${classes.length} classes whatever it is shown, and its probabilities are not ` +
      `calibrated. ${learnt}`;
}

/** A section with a heading; nothing where there is nothing in it. */
function section(title: string, text: string): string[] {
  return text === "" ? [] : [`## ${title}`, text];
}

/**
 * A model card in Markdown, in the form of Hugging Face's hub: what the model is, how to load it, its data, figures with what they were
 * measured on, files with their hashes, and its licence.
 */
export function modelCard(card: CardFacts): string {
  const { name, kind, facts, lists, classes, figures, notes, files, licence } = card;
  const data = lists.map(({ name, videos, hash }) => [name, String(videos), hash]);
  const shown = figures.map(({ name, value, of, step }) => [name, value, of, String(step)]);
  const stored = files.map(({ name, bytes, sha256 }) => [name, String(bytes), sha256]);
  return [
    frontMatter(card),
    `# ${name}`,
    `${WHAT[kind]}, trained with VideoMS.`,
    table(["", ""], Object.entries(facts)),
    ...section("Loading", loading(card)),
    ...section("Figures", shown.length > 0 ? table(["", "value", "of", "step"], shown) : ""),
    ...section(
      "Data",
      data.length > 0
        ? `${
          table(["list", "videos", "hash"], data)
        }\n\n\`data.json\` names the videos; hashes cover their names, ` +
          "labels and sizes."
        : "",
    ),
    ...section("Classes", classes.join(", ")),
    ...section("Limits", [limits(card), ...notes].join("\n\n")),
    ...section("Licence", licence ?? "Not stated."),
    ...section("Files", table(["file", "bytes", "SHA-256"], stored)),
  ].join("\n\n") + "\n";
}
