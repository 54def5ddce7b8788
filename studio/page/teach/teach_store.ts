import { signal } from "@preact/signals";
import type { FinetuneRating } from "./finetune_stage.ts";
import type { PretrainRating } from "./pretrain_stage.ts";
import type { HeldClip, WeightFacts } from "./teach_messages.ts";
import type { TeachSettings } from "./teach_settings.ts";
import type { StageName, TeachReport } from "./teaching.ts";

/** A class of the page. */
export interface ClassEntry {
  readonly id: number;
  readonly name: string;
}

/** A clip of the page, whose pixels the worker holds. */
export interface ClipEntry extends HeldClip {
  readonly id: number;
  readonly classId: number;
  /** Never trained on. */
  readonly isHeldOut: boolean;
  readonly file: File;
}

/** A loss, and the step after which it was. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** How the page teaches; null until the worker has started. */
export const settings = signal<TeachSettings | null>(null);
/** What computes, in a sentence. */
export const engine = signal("");
export const classes = signal<readonly ClassEntry[]>([{ id: 0, name: "" }, { id: 1, name: "" }]);
export const clips = signal<readonly ClipEntry[]>([]);
export const camera = signal<MediaStream | null>(null);
/** Steps of the stages. */
export const steps = signal<Readonly<Record<StageName, number>>>({ pretrain: 0, finetune: 0 });
export const isTraining = signal(false);
/** What it starts from; null for new weights. */
export const weights = signal<WeightFacts | null>(null);
/** The last report; null before training. */
export const report = signal<TeachReport | null>(null);
export const curves = signal<Readonly<Record<StageName, readonly LossPoint[]>>>({
  pretrain: [],
  finetune: [],
});
export const pretrained = signal<PretrainRating | null>(null);
export const finetuned = signal<FinetuneRating | null>(null);
