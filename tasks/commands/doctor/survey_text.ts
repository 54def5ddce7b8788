import type { Survey } from "./survey.ts";

const GIBI = 2 ** 30;

function megabytes(bytes: number): string {
  return bytes >= GIBI ? `${(bytes / GIBI).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** A limit of a GPU; sizes in bytes are large and shown as such. */
function limit([name, value]: [string, number]): string {
  return `${name} ${/Size$/.test(name) && value >= 2 ** 20 ? megabytes(value) : value}`;
}

function adapterRows(adapter: Survey["adapter"]): [string, string][] {
  if (!adapter) return [["GPU", "none: no WebGPU adapter"]];
  const kind = adapter.software ? " (software: computes on the CPU; `auto` takes wasm)" : "";
  const [first = "none", ...rest] = Object.entries(adapter.limits).map(limit);
  return [
    ["GPU", adapter.name + kind],
    ["  f16", adapter.features.includes("shader-f16") ? "yes" : "no"],
    ["  features", String(adapter.features.length) + ": " + adapter.features.join(", ")],
    ["  limits", first],
    ...rest.map((text): [string, string] => ["", text]),
  ];
}

export function surveyText(found: Survey): string {
  const { ffmpeg, blas, memory, findings } = found;
  const rows: [string, string][] = [
    ["Deno", found.deno],
    ["system", `${found.system}, ${found.cores} cores`],
    ["memory", `${megabytes(memory.available)} available of ${megabytes(memory.total)}`],
    [
      "ffmpeg",
      "problem" in ffmpeg
        ? ffmpeg.problem
        : `${ffmpeg.version} (${ffmpeg.ffmpeg}, ${ffmpeg.ffprobe}), starts in ${
          ffmpeg.startupMs.toFixed(0)
        } ms`,
    ],
    ["BLAS", "problem" in blas ? blas.problem : `${blas.name} (${blas.library})`],
    ...adapterRows(found.adapter),
  ];
  const lines = rows.map(([left, right]) => `${left.padEnd(12)}${right}`);
  if (findings.length === 0) return [...lines, "", "Nothing is missing.", ""].join("\n");
  const missing = findings.flatMap(({ title, cost, command, link }) => [
    `  ${title}: ${cost}`,
    `    ${command ?? link}`,
  ]);
  return [...lines, "", "Missing or slow:", ...missing, ""].join("\n");
}
