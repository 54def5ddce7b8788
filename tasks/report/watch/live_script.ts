/** Milliseconds between two looks at the files of a run. */
export const LOOK_EVERY = 2000;

/**
 * The script of a live page: takes over what the server has new, and keeps the place on the page and
 * what is folded out.
 */
export const LIVE_SCRIPT = `
const keys = () => [...document.querySelectorAll("details")];
async function update() {
  const answer = await fetch("/").catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = keys().map((one) => one.open);
  for (const part of ["header", "main"]) {
    const now = document.querySelector(part), then = fresh.querySelector(part);
    if (now && then) now.replaceWith(document.adoptNode(then));
  }
  keys().forEach((one, at) => { one.open = open[at] ?? false; });
}
let tag = null;
setInterval(async () => {
  const answer = await fetch("/version").catch(() => null);
  if (!answer || !answer.ok) return;
  const now = await answer.text();
  if (tag !== null && now !== tag) await update();
  tag = now;
}, ${LOOK_EVERY});
`;
