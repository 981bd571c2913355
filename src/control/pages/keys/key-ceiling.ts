/** What members may give a key by themselves; for more they ask the operators, on the page of service requests. */
import type { Mode } from '../../../store/store.ts'
import type { KeyJson, KeyOptionsJson } from '../../contract.ts'
import type { KeyInput } from '../../admin/key-input.ts'
import { invalid } from '../../admin/read-input.ts'

const limits = ['rpm', 'tpm', 'concurrency'] as const

type Ceiling = {
  readonly mode: Mode
  readonly defaults: KeyOptionsJson['defaults']
  /** As it is; null: a new one. */
  readonly key: KeyJson | null
}

/**
 * Limits may be as high as a new key's or as the key has them already, and a live key stays in its region. Throws
 * `invalid_request` naming the field.
 */
export function refuseBeyond(input: KeyInput, { mode, defaults, key }: Ceiling): void {
  for (const name of limits) {
    const asked = input[name]
    const most = key === null ? defaults[name] : higher(defaults[name], key[name])
    if (asked === undefined || most === null) continue
    if (asked === null || asked > most)
      throw invalid(name, `at most ${most}; operators allow more as a service request`)
  }
  const { region } = input
  const own = key?.region ?? defaults.region
  if (mode === 'live' && region !== undefined && region !== own && region !== defaults.region)
    throw invalid('region', `${own}; operators enable another as a service request`)
}

/** null is no limit. */
const higher = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : Math.max(one, other)
