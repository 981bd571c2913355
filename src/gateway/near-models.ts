/** What somebody who mistyped a model's name may have meant, of what their key may use: computed where it is refused, and nowhere else. */
import type { ModelKind } from '../catalog/catalog.ts'
import { namesNear } from '../lib/closest.ts'
import type { KeyRow } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import type { Dialect } from './dialect.ts'
import { modelNotFound } from './may-use.ts'
import { offeredAt, type OfferedModel } from './offered.ts'

/** Who named it, and for what. */
export type Naming = {
  readonly dialect: Pick<Dialect, 'name'>
  readonly kinds: readonly ModelKind[]
  readonly key: KeyRow
  /** As the URL chooses it. */
  readonly region: string | null
  /** Where it stands in the request. */
  readonly field?: string
}

type Deps = Pick<GatewayDeps, 'catalog' | 'fleet' | 'clock'>

/** The refusal of a name that is no model's, or none for this key, with at most three that are like it. */
export function unknownModel(name: string, { dialect, kinds, key, region, field }: Naming, deps: Deps) {
  const near = (of: Dialect['name']): string =>
    meantBy(
      name,
      offeredAt({ name: of }, region, key, deps).listed.filter(({ model }) => kinds.includes(model.kind)),
    )
  const other = dialect.name === 'openai' ? 'genai' : 'openai'
  const elsewhere = (): string => {
    const meant = near(other)
    return meant === '' ? '' : meant + servedElsewhere[other]
  }
  return modelNotFound(name, near(dialect.name) || elsewhere(), field)
}

/** `Did you mean …?`, in a sentence of its own; empty where nothing is like it. */
export function meantBy(name: string, offered: readonly OfferedModel[]): string {
  const near = namesNear(
    name,
    offered.map((each) => each.name),
  ).map((each) => `'${each}'`)
  if (near.length === 0) return ''
  return ` Did you mean ${near.join(', ').replace(/, (?=[^,]*$)/, ' or ')}?`
}

export const servedElsewhere: Readonly<Record<Dialect['name'], string>> = {
  openai: ' It is served to the OpenAI SDK, with the base URL ending in /v1/.',
  genai: ' It is served to the Google GenAI SDK, with the base URL ending in /genai.',
}
