/** Asks until the answer is not null; fails with `describe()` when the deadline passes first. */
export async function eventually<T>(ask: () => Promise<T | null>, msMax: number, describe: () => string): Promise<T> {
  const deadline = performance.now() + msMax
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new Error(`${describe()} (waited ${msMax / 1000} s)`)
    await Bun.sleep(25)
  }
}
