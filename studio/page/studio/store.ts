import { computed, signal } from "@preact/signals";
import type { Descriptor } from "@videoms/core";
import type { Looked, PluginFacts, Started, VideoFacts } from "./look_messages.ts";
import type { StudioSettings } from "./studio_settings.ts";

/** Where the clips come from. */
export type ClipSource = "none" | "file" | "camera" | "sample";

/** The settings that the page was served with; null until they have come. */
export const settings = signal<StudioSettings | null>(null);
/** What computes; null until it does. */
export const started = signal<Started | null>(null);
export const source = signal<ClipSource>("none");
export const video = signal<VideoFacts | null>(null);
/** Where the clip starts in the video; null for its middle. */
export const start = signal<number | null>(null);
export const frames = signal<Descriptor<"frames"> | null>(null);
export const strategies = signal<readonly Descriptor<"masking">[]>([]);
export const looked = signal<Looked | null>(null);
/** The frame of the clip that is shown. */
export const frame = signal(0);
export const playing = signal(false);
/** Whether playing goes on to the next clip of the video. */
export const goesOn = signal(false);

/** The plugins of a kind that can be chosen. */
export function pluginsOfKind(kind: PluginFacts["kind"]): readonly PluginFacts[] {
  return started.value?.plugins.filter((one) => one.kind === kind) ?? [];
}

/** Number of frames of a clip. */
export const clipFrames = computed(() => settings.value?.model.geometry.frames ?? 0);
