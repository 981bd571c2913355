/**
 * A counter by labels, exact and cheap. prom-client hashes and checks the labels at each call and adds
 * doubles; here a call is a look-up and an addition, and prom-client is told when somebody looks.
 */
import { Counter, type Registry } from 'prom-client'

export type Tally = {
  /** Adds to the series with these label values, in the order of the names. */
  readonly add: (amount: number | bigint, ...values: readonly string[]) => void
}

type Series = { readonly labels: Record<string, string>; whole: bigint; rest: number }

/** Labels come from fixed lists, so this is never reached; a mistake must not eat the memory. */
const seriesMax = 5_000
const other = 'other'
/** Up to here a double counts exactly; then it is carried over. */
const restMax = 2 ** 52

export type TallyName = { readonly name: string; readonly help: string; readonly labels: readonly string[] }

export function createTally({ name, help, labels }: TallyName, registry: Registry): Tally {
  const seriesByKey = new Map<string, Series>()
  const counter = new Counter({ name, help, labelNames: labels, registers: [registry], collect: fill })

  function fill(): void {
    counter.reset()
    for (const { labels, whole, rest } of seriesByKey.values()) counter.inc(labels, Number(whole + BigInt(rest)))
  }

  function begin(values: readonly string[]): Series {
    const isFull = seriesByKey.size >= seriesMax
    const kept = isFull ? labels.map(() => other) : values
    const key = kept.join('\n')
    const known = seriesByKey.get(key)
    if (known) return known
    const series = { labels: Object.fromEntries(labels.map((label, at) => [label, kept[at]!])), whole: 0n, rest: 0 }
    seriesByKey.set(key, series)
    return series
  }

  return {
    add(amount, ...values) {
      const series = seriesByKey.get(values.join('\n')) ?? begin(values)
      if (typeof amount === 'bigint') series.whole += amount
      else if ((series.rest += amount) > restMax) carry(series)
    },
  }
}

function carry(series: Series): void {
  series.whole += BigInt(series.rest)
  series.rest = 0
}
