import { queryOptions } from '@tanstack/react-query'
import type { PageKeyListJson, PageKeyOptionsJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'

/** Gauges move. */
const againMs = 5_000

export const keysPath = (organization: string) => `/api/organizations/${encodeURIComponent(organization)}/keys` as const

export const keysQuery = (organization: string, mode: Mode) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'keys'),
    queryFn: ({ signal }) => ask<PageKeyListJson>(keysPath(organization), { query: { mode }, signal }),
    refetchInterval: againMs,
  })

/** What the terms of a key may say. */
export const keyOptionsQuery = (organization: string) =>
  queryOptions({
    queryKey: organizationKey(organization, null, 'key-options'),
    staleTime: 60_000,
    queryFn: ({ signal }) =>
      ask<PageKeyOptionsJson>(`/api/organizations/${encodeURIComponent(organization)}/key-options`, { signal }),
  })
