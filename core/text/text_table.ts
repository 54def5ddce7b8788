/**
 * Rows of cells as lines of text, every column as wide as its widest cell.
 *
 * @param align of each column: words to the left, numbers to the right @default left
 */
export function textTable(
  rows: readonly (readonly string[])[],
  align: readonly ("left" | "right")[] = [],
): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      align[column] === "right" ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
    );
    return cells.join("  ").trimEnd();
  }).join("\n");
}
