/** A key's terms as a form has them, and as the API takes them. */
import type { PageKeyInputJson, PageKeyJson, PageKeyOptionsJson } from '../../../../src/control/contract-pages.ts'

export const budgetPeriods = ['day', 'week', 'month', 'total'] as const
export const budgetTitles = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' } as const

/** Empty texts are no limit. */
export type KeyTerms = {
  readonly name: string
  readonly region: string
  readonly rpm: number | ''
  readonly tpm: number | ''
  readonly concurrency: number | ''
  readonly budget: string
  readonly budgetPeriod: (typeof budgetPeriods)[number]
  /** A day, `2026-12-31`. */
  readonly expires: string | null
  readonly models: readonly string[]
  readonly endpoints: readonly string[]
  readonly addresses: readonly string[]
}

export const newTerms = ({ defaults }: PageKeyOptionsJson): KeyTerms => ({
  name: '',
  region: defaults.region,
  rpm: defaults.rpm ?? '',
  tpm: defaults.tpm ?? '',
  concurrency: defaults.concurrency ?? '',
  budget: '',
  budgetPeriod: 'month',
  expires: null,
  models: [],
  endpoints: [],
  addresses: [],
})

export const termsOf = (key: PageKeyJson): KeyTerms => ({
  name: key.name,
  region: key.region,
  rpm: key.rpm ?? '',
  tpm: key.tpm ?? '',
  concurrency: key.concurrency ?? '',
  budget: key.budgetUsd ?? '',
  budgetPeriod: key.budgetPeriod ?? 'month',
  expires: key.expiresAt?.slice(0, 10) ?? null,
  models: key.models ?? [],
  endpoints: key.endpoints ?? [],
  addresses: key.addresses ?? [],
})

const orNull = <Value>(value: Value | ''): Value | null => (value === '' ? null : value)
const listOrNull = (list: readonly string[]): string[] | null => (list.length === 0 ? null : [...list])

/** What the API is asked for. `before`: as the key was, of which only what changed is said; a date that stays may be over. */
export function inputOf(terms: KeyTerms, before: KeyTerms | null = null): PageKeyInputJson {
  const all: PageKeyInputJson = {
    name: terms.name,
    region: terms.region,
    rpm: orNull(terms.rpm),
    tpm: orNull(terms.tpm),
    concurrency: orNull(terms.concurrency),
    budget: terms.budget === '' ? null : `${terms.budget}/${terms.budgetPeriod}`,
    expires: terms.expires,
    models: listOrNull(terms.models),
    endpoints: listOrNull(terms.endpoints),
    addresses: listOrNull(terms.addresses),
  }
  if (before === null) return all
  const unchanged = inputOf(before)
  const changed = Object.entries(all).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(unchanged[name as keyof PageKeyInputJson]),
  )
  return Object.fromEntries(changed)
}
