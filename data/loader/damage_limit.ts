import type { ClipBatch, LabelledVideo, ReplacedClip } from "./clip_batch.ts";

/** What to do about damaged videos, for the end of a message. */
export const DAMAGE_ADVICE: string =
  "`deno task data verify <list> --bad bad.txt` finds all bad videos of a list, `--exclude bad.txt` " +
  "leaves them out, and a larger `--set data.maxReplaced=<share>` lets more pass";

/** What an earlier process of a run saw of damage. */
export interface DamageBefore {
  /** Clips that it saw. */
  readonly seen: number;
  /** How many of them were replaced. */
  readonly replaced: number;
  /** Paths of the files that they were to show. @default none */
  readonly files?: readonly string[];
}

/** Which damage is too much. */
export interface DamageLimitOptions {
  /** The list of videos. */
  videos: readonly LabelledVideo[];
  /** Share of clips and of files. */
  maxReplaced: number;
  /** Looks at each clip, which count once. */
  samples: number;
  before?: DamageBefore;
}

/**
 * What counts damage, batch by batch in the order of delivery, and throws when both the clips and the
 * files are too many. A single bad file is drawn again and again, and a few damaged stretches may be
 * of many files; neither by itself says that something else is wrong.
 */
export function damageLimit(
  { videos, maxReplaced, samples, before = { seen: 0, replaced: 0 } }: DamageLimitOptions,
): (batch: Pick<ClipBatch, "indices" | "replaced">) => void {
  const total = new Set(videos.map(({ record }) => record.path)).size;
  const allowedFiles = maxReplaced === 0 ? 0 : Math.max(1, Math.floor(maxReplaced * total));
  const errors = new Map((before.files ?? []).map((path) => [path, "before the run was resumed"]));
  let { seen, replaced } = before;
  const note = ({ path, error }: ReplacedClip) => errors.set(path, error);
  return (batch) => {
    seen += batch.indices.length / samples;
    replaced += batch.replaced.length;
    batch.replaced.forEach(note);
    if (errors.size <= allowedFiles || replaced <= maxReplaced * seen) return;
    const named = [...errors].slice(-10).map(([path, error]) => `${path} (${error})`).join(", ");
    throw new Error(
      `Cannot load clips: at most ${
        percent(maxReplaced)
      } of the clips or of the videos may be damaged, ` +
        `got ${replaced} of ${seen} clips, in ${errors.size} of ${total} videos: ${named}; ${DAMAGE_ADVICE}`,
    );
  };
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
