import type { ClipBatch, LabelledVideo, ReplacedClip } from "./clip_batch.ts";

/** Advice about damaged videos, to end a message. */
export const DAMAGE_ADVICE: string =
  "`deno task data verify <list> --bad bad.txt` finds all damaged videos of a list, `--exclude bad.txt` " +
  "excludes them, and a larger `--set data.maxReplaced=<share>` tolerates more";

/** Damage seen by an earlier process of a run. */
export interface DamageBefore {
  /** Clips that it loaded. */
  readonly seen: number;
  /** How many of them were replaced. */
  readonly replaced: number;
  /** Paths of their files. @default none */
  readonly files?: readonly string[];
}

/** Options of {@linkcode damageLimit}. */
export interface DamageLimitOptions {
  /** The list of videos. */
  videos: readonly LabelledVideo[];
  /** Maximum share of clips and of files. */
  maxReplaced: number;
  /** Samples per clip, which count once. */
  samples: number;
  before?: DamageBefore;
}

/**
 * Creates a function that counts damage batch by batch, in order of delivery, and throws when both clips and
 * files exceed the limit. A single bad file is drawn again and again, and minor damage may affect many files;
 * neither alone indicates another problem.
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
      `Cannot load clips: at most ${percent(maxReplaced)} of clips or videos may be damaged, ` +
        `got ${replaced} of ${seen} clips, in ${errors.size} of ${total} videos: ${named}; ${DAMAGE_ADVICE}`,
    );
  };
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
