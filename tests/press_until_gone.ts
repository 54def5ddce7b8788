/**
 * Sends SIGINT until a program ends: the second one counts a second after the program has dealt with the
 * first, which takes its time on a busy machine.
 */
export async function pressUntilGone(child: Deno.ChildProcess): Promise<Deno.CommandStatus> {
  const press = () => {
    try {
      child.kill("SIGINT");
    } catch {
      // It has just ended.
    }
  };
  press();
  const timer = setInterval(press, 300);
  try {
    return await child.status;
  } finally {
    clearInterval(timer);
  }
}
