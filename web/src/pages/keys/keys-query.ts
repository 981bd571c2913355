import { queryOptions } from '@tanstack/react-query'
import type { PageKeyJson, PageKeyListJson, PageKeyOptionsJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'

/** Gauges move. */
const againMs = 5_000

export const keysPath = (organization: string) => `/api/organizations/${encodeURIComponent(organization)}/keys` as const

export type KeyState = PageKeyJson['state']
export const keyStates = ['active', 'revoked', 'expired'] as const satisfies readonly KeyState[]

/** Of every state where none is named. */
export const keysQuery = (organization: string, mode: Mode, state?: KeyState) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'keys', ...(state === undefined ? [] : [state])),
    queryFn: ({ signal }) => ask<PageKeyListJson>(keysPath(organization), { query: { mode, state }, signal }),
    refetchInterval: againMs,
  })

/** One key, of whichever state and mode; read anew with the lists of its mode. */
export const keyQuery = (organization: string, mode: Mode, id: string) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'keys', 'one', id),
    queryFn: ({ signal }) => ask<PageKeyJson>(`${keysPath(organization)}/${encodeURIComponent(id)}`, { signal }),
  })

/** What the terms of a key may say. */
export const keyOptionsQuery = (organization: string) =>
  queryOptions({
    queryKey: organizationKey(organization, null, 'key-options'),
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      ask<PageKeyOptionsJson>(`/api/organizations/${encodeURIComponent(organization)}/key-options`, { signal }),
  })
