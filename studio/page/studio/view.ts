import { signal } from "@preact/signals";

/** The views of the page, each by the end of its address. */
export type View = "see" | "teach";

function viewNow(): View {
  return location.hash === "#teach" ? "teach" : "see";
}

/** The view that is shown. */
export const view = signal<View>(viewNow());

addEventListener("hashchange", () => view.value = viewNow());
