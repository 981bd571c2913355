import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { PageKeyJson } from '../../../../src/control/contract-pages.ts'
import { keptKey } from '../../api/kept-key.ts'
import { keyLike, type GivenKey } from '../../api/keyed-call.ts'
import { usePlace } from '../../shell/place.ts'
import { keysQuery } from '../keys/keys-query.ts'
import { pastedKey } from './area.ts'

const route = getRouteApi('/anyone/playground')

export type KeyState = {
  /** What calls are made with; null while there is none. */
  readonly given: GivenKey | null
  /** Keys of the organization and the mode that may be chosen; null where one must be pasted. */
  readonly own: readonly PageKeyJson[] | null
  /** The id of the chosen one, or `pastedKey`; null while that is not known. */
  readonly chosen: string | null
  readonly choose: (id: string) => void
  readonly pasted: string
  readonly paste: (text: string) => void
}

/** The key that the playground calls with: one of the organization's, where somebody may use these, or a pasted one. */
export function useGivenKey(): KeyState {
  const { organization, mode } = usePlace()
  const { key: wanted } = route.useSearch()
  const navigate = route.useNavigate()
  const [pasted, setPasted] = useState(keptKey.read)
  const mayUse = organization?.permissions.includes('keys.write') === true
  const { data } = useQuery({
    ...keysQuery(organization?.id ?? '', mode ?? 'test'),
    enabled: mayUse,
    refetchInterval: false,
  })
  const own = mayUse ? (data?.data.filter(({ state }) => state === 'active') ?? []) : null
  const chosen = mayUse && data === undefined ? (wanted ?? null) : chosenOf(own, wanted)
  return {
    given: chosen === pastedKey ? secretIn(pasted) : chosen && { organization: organization!.id, keyId: chosen },
    own,
    chosen,
    choose: (id) => void navigate({ search: (before) => ({ ...before, key: id }), replace: true }),
    pasted,
    paste: (text) => {
      keptKey.write(text)
      setPasted(text)
    },
  }
}

/** The one that the URL says; else the first; without any, a pasted one. */
const chosenOf = (own: KeyState['own'], wanted: string | undefined): string =>
  own?.find(({ id }) => id === wanted)?.id ?? (wanted === pastedKey ? pastedKey : (own?.[0]?.id ?? pastedKey))

const secretIn = (text: string): string | null => (keyLike.test(text) ? text : null)
