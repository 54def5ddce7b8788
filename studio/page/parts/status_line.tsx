import * as work from "./long_work.ts";

/** What the page is at, how far it is, and what went wrong. Its place stays, whether it says something or not. */
export function StatusLine({ idle = "Ready" }: { idle?: string }) {
  const { value: busy } = work.busy;
  const { value: problem } = work.problem;
  return (
    <div class="status">
      <p role="status">{busy ? `${busy.text} …` : problem ? "" : idle}</p>
      {busy && (
        <>
          <progress aria-label={busy.text} max={1} value={busy.share ?? undefined} />
          <button type="button" onClick={busy.cancel}>Cancel</button>
        </>
      )}
      <p role="alert" class="problem">{problem}</p>
    </div>
  );
}
