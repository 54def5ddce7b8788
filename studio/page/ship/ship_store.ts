import { signal } from "@preact/signals";
import type { Classified } from "./ship_messages.ts";
import type { ShipSettings } from "./ship_settings.ts";

/** What the page was made with; null until it has come. */
export const settings = signal<ShipSettings | null>(null);
/** What computes, one sentence; null until it does. */
export const engine = signal<string | null>(null);
/** What is classified, for people; null before. */
export const subject = signal<string | null>(null);
export const classified = signal<Classified | null>(null);
/** Whether the camera is on. */
export const isWatching = signal(false);
/** Whether all of the page is kept for when there is no network. */
export const isKept = signal(false);
