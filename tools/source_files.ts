/** Sources of another language with the same file ending: AssemblyScript. */
const ASSEMBLY = "assembly";

/** TypeScript files below a folder, in the order of their names; hidden folders are left out. */
export function sourceFiles(folder: string): string[] {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (!isDirectory) return /\.tsx?$/.test(name) ? [path] : [];
    return name.startsWith(".") || name === ASSEMBLY ? [] : sourceFiles(path);
  });
}
