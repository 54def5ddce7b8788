import { sourceFiles } from "../../tools/source_files.ts";

/** An example of the documentation: a block of TypeScript. */
export interface Example {
  /** Where it begins, as file and line. */
  readonly place: string;
  readonly code: string;
}

/** Blocks that are not marked `ignore`. */
const BLOCK = /^```ts\n([^]*?)^```$/gm;
const COMMENT = /^ *\/\*\*[^]*?\*\//gm;

function blocksOf(markdown: string, file: string, firstLine: number): Example[] {
  return [...markdown.matchAll(BLOCK)].map((block) => {
    const line = firstLine + markdown.slice(0, block.index).split("\n").length;
    return { place: `${file}:${line}`, code: block[1] };
  });
}

/** The examples in a file: of its doc comments, or of a page in Markdown. */
export function examplesOf(file: string): Example[] {
  const text = Deno.readTextFileSync(file);
  if (file.endsWith(".md")) return blocksOf(text, file, 0);
  return [...text.matchAll(COMMENT)].flatMap((comment) => {
    const lines = comment[0].split("\n").map((line) => line.replace(/^ *\* ?/, ""));
    return blocksOf(lines.join("\n"), file, text.slice(0, comment.index).split("\n").length - 1);
  });
}

/** The examples of a package's modules and of its README. */
export function packageExamples(folder: string): Example[] {
  return [...sourceFiles(folder), `${folder}/README.md`].flatMap(examplesOf);
}
