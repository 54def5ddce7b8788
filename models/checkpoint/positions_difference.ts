import type { Descriptor } from "@videoms/core";

function shown({ name, options }: Descriptor): string {
  return `"${name}" ${JSON.stringify(options)}`;
}

/**
 * How the positions of a model differ from those of weights.
 *
 * @param theirs null if nothing tells them
 * @returns what differs, for messages, and the flags that set it; both empty for the same positions
 */
export function positionsDifference(
  own: Descriptor<"positions">,
  theirs: Descriptor<"positions"> | null,
): { got: string[]; flags: string[] } {
  if (!theirs) return { got: [], flags: [] };
  const flags = [
    ...theirs.name === own.name ? [] : [`--set model.positions=${theirs.name}`],
    ...Object.entries(theirs.options).filter(([option, value]) => own.options[option] !== value)
      .map(([option, value]) => `--set model.positions.${option}=${value}`),
  ];
  return { got: flags.length > 0 ? [`positions ${shown(own)} for ${shown(theirs)}`] : [], flags };
}
