import { comparisonNote, comparisonTexts } from "./comparisons.ts";
import type { ReportData } from "./report_data.ts";
import {
  CONTROL_NOTE,
  controlTable,
  figureTable,
  groupRows,
  resultNote,
  resultTable,
  type TextTable,
} from "./result_tables.ts";
import { summarise } from "./summarise.ts";

/** A cell of a table, on one line. */
function cell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;")
    .replaceAll(/\s+/g, " ");
}

function table({ head, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The tables of a report in Markdown: results, all figures, and the cells that are left out. */
export function reportMarkdown(data: ReportData): string {
  const rows = summarise(data);
  const compared = comparisonTexts(data, rows).map((text) => `- ${cell(text)}\n`).join("");
  const controls = controlTable(data.variants);
  const figures = figureTable(data.variants);
  const leftOut = data.leftOut.map(({ cell, state, reason }) => [cell, state, reason]);
  return [
    `# ${data.title}`,
    ...compared === "" ? [] : [compared.trimEnd()],
    resultNote(data),
    ...groupRows(rows).map((group) => table(resultTable(data, group))),
    ...compared === "" ? [] : [comparisonNote(data)],
    ...controls ? [CONTROL_NOTE, table(controls)] : [],
    ...figures.rows.length === 0 ? [] : [table(figures)],
    ...leftOut.length === 0 ? [] : [table({ head: ["cell", "state", "reason"], rows: leftOut })],
  ].join("\n\n") + "\n";
}
