/** A Python that has PyTorch. */
export interface TorchPython {
  program: string;
  version: string;
}

/** Pythons that are asked for PyTorch. */
export const PYTHONS = ["python3", "/usr/bin/python3"] as const;

/** The first Python that imports torch, or null. */
export async function findTorch(
  programs: readonly string[] = PYTHONS,
): Promise<TorchPython | null> {
  for (const program of programs) {
    try {
      const { code, stdout } = await new Deno.Command(program, {
        args: ["-c", "import torch; print(torch.__version__)"],
        stdin: "null",
        stderr: "null",
      }).output();
      if (code === 0) return { program, version: new TextDecoder().decode(stdout).trim() };
    } catch {
      // There is no such program, or it must not be started.
    }
  }
  return null;
}
