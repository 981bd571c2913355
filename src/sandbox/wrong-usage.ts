/** What `usage=` makes of the usage on the wire. The count is never touched by it. */
import type { Directives } from './directives.ts'

type Wire = { readonly [field: string]: unknown }

/** The usage to send: as it is, falsified, or undefined for none at all. */
export function reportedUsage(usage: Wire, wish: Directives['usage']): Wire | undefined {
  switch (wish) {
    case undefined:
      return usage
    case 'none':
      return undefined
    case 'zero':
      return mapNumbers(usage, () => 0)
    case 'huge':
      return mapNumbers(usage, () => 1_000_000_000)
    case 'garbage':
      return mapNumbers(usage, (_, at) => [-5, 'many', 0.5, null][at % 4])
    case 'odd':
      return Object.fromEntries(Object.entries(usage).map(([key, value]) => [key, isFigure(value) ? value : 'odd']))
  }
}

const isFigure = (value: unknown): boolean => typeof value === 'number'

function mapNumbers(usage: Wire, change: (value: number, at: number) => unknown): Wire {
  let at = 0
  const visit = (value: unknown): unknown => {
    if (typeof value === 'number') return change(value, at++)
    if (Array.isArray(value)) return value.map(visit)
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]))
      : value
  }
  return visit(usage) as Wire
}
