/** A Python that has PyTorch. */
export interface TorchPython {
  program: string;
  version: string;
  /** Whether it finds a GPU. */
  cuda: boolean;
}

/** Pythons that are asked for PyTorch. */
export const PYTHONS = ["python3", "/usr/bin/python3"] as const;

const QUESTION = "import json, torch; " +
  "print(json.dumps({'version': torch.__version__, 'cuda': torch.cuda.is_available()}))";

/** The first Python that imports torch, or null. */
export async function findTorch(
  programs: readonly string[] = PYTHONS,
): Promise<TorchPython | null> {
  for (const program of programs) {
    try {
      const { code, stdout } = await new Deno.Command(program, {
        args: ["-c", QUESTION],
        stdin: "null",
        stderr: "null",
      }).output();
      if (code === 0) return { program, ...JSON.parse(new TextDecoder().decode(stdout)) };
    } catch {
      // There is no such program, or it must not be started.
    }
  }
  return null;
}

if (import.meta.main) console.log(JSON.stringify(await findTorch()));
