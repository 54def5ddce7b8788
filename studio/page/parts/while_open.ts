/**
 * Does something with what was opened, and closes it whatever comes of that. Pages say it so, since not every browser
 * reads `using`.
 */
export async function whileOpen<T extends Disposable, R>(
  opened: T,
  act: (opened: T) => Promise<R>,
): Promise<R> {
  try {
    return await act(opened);
  } finally {
    opened[Symbol.dispose]();
  }
}
