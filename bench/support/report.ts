/** How a lane tells what it measured. */
const print = (line: string): void => void process.stdout.write(`${line}\n`)

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

export function report(what: string, ours: number, baseline: number, goal: number): void {
  print(
    `${what}: gateway ${ours.toFixed(1)}, baseline ${baseline.toFixed(1)}: ratio ${(ours / baseline).toFixed(2)} (goal ≤ ${goal})`,
  )
}
