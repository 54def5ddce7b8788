import type { Json } from "@videoms/core/plain";

/** The values of plain data by dotted path, those of lists whole: "model.width" → 384. */
export function fieldValues(
  data: Readonly<Record<string, Json>>,
  prefix = "",
): [path: string, value: Json][] {
  return Object.entries(data).flatMap(([key, value]): [string, Json][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? fieldValues(value as Readonly<Record<string, Json>>, `${prefix}${key}.`)
      : [[prefix + key, value]]
  );
}
