import { queryOptions, useQueryClient } from '@tanstack/react-query'
import type { OperatorOrganizationListJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'

export const organizationsPath = '/api/operator/organizations' as const
export const organizationsQuery = queryOptions({
  queryKey: ['operator', 'organizations'],
  queryFn: ({ signal }) => ask<OperatorOrganizationListJson>(organizationsPath, { signal }),
  refetchInterval: 10_000,
})

/** Reads all organizations anew, once something was changed. */
export function useAgain(): () => Promise<void> {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: organizationsQuery.queryKey })
}
