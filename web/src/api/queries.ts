/** What was asked, kept under keys, so that pages share it and changes make it anew. */
import { MutationCache, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import type { SessionJson } from '../../../src/control/contract-pages.ts'
import { ApiTrouble, ask } from './client.ts'

/** Who is signed in, and where they may look. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: ({ signal }) => ask<SessionJson>('/api/session', { signal }),
})

/**
 * Keys begin with the organization and the mode, so that no answer of one is ever shown for another:
 * `organizationKey(organization, mode, 'keys')`.
 */
export const organizationKey = (organization: string, mode: 'test' | 'live' | null, ...rest: readonly unknown[]) =>
  ['organization', organization, mode, ...rest] as const

const triesMax = 2

/** What a later try may answer. */
const isPassing = (error: unknown): boolean =>
  error instanceof ApiTrouble && (error.status === 0 || error.status >= 500)

/** A session that ended is asked for anew, and the frame leads to where one signs in. */
function noticeSignedOut(error: unknown): void {
  if (error instanceof ApiTrouble && error.status === 401)
    void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => isPassing(error) && failures < triesMax,
      refetchOnWindowFocus: true,
    },
  },
})
