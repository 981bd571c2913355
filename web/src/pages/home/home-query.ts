import { queryOptions } from '@tanstack/react-query'
import type { HomeJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'
import { ownZone } from '../../ui/format.ts'

const againMs = 15_000

export const homeQuery = (organization: string, mode: Mode) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'home'),
    queryFn: ({ signal }) =>
      ask<HomeJson>(`/api/organizations/${encodeURIComponent(organization)}/home`, {
        query: { mode, zone: ownZone() },
        signal,
      }),
    refetchInterval: againMs,
  })
