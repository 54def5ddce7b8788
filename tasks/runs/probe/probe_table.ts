import { bestHead, type RatedHeads } from "./rate_heads.ts";

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** How all heads do, for people: a row for each, the best one marked. */
export function probeTable({ heads, k }: RatedHeads): string {
  const best = bestHead(heads);
  const rows = [
    ["head", "rate", "decay", "top-1", `top-${k}`, "loss", ""],
    ...heads.map(({ kind, rate, decay, top1, topK, loss }, i) => [
      kind,
      String(rate),
      String(decay),
      percent(top1),
      percent(topK),
      loss.toFixed(4),
      i === best ? "← best" : "",
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      // Words to the left, numbers to the right.
      column === 0 || column === 6 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
    );
    return cells.join("  ").trimEnd();
  }).join("\n");
}
