/** What was asked, kept under keys, so that pages share it and changes make it anew. */
import { MutationCache, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import type { SessionJson } from '../../../src/control/contract-pages.ts'
import { ApiTrouble, ask, isAway, secondFactorRequired } from './client.ts'

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

/**
 * For `placeholderData`: while the same place is asked for something else, what was shown stays. Of another organization
 * or mode it does not, nor of other things: a place is what the key says before its last part.
 */
export function keepPrevious(key: readonly unknown[]) {
  return <Data>(
    data: Data | undefined,
    before: { readonly queryKey: readonly unknown[] } | undefined,
  ): Data | undefined =>
    before && key.slice(0, -1).every((part, at) => part === before.queryKey[at]) ? data : undefined
}

const triesMax = 2

/** What a later try may answer. */
const isPassing = (error: unknown): boolean => error instanceof ApiTrouble && error.status >= 500

const waitMsMax = 4_000

/** Of a session that ended or a role that was changed the frame hears at once: it asks for both anew, and leads elsewhere. */
function noticeRefusal(error: unknown): void {
  if (!(error instanceof ApiTrouble) || !refusals.has(error.code)) return
  void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
  void queryClient.invalidateQueries({ predicate: isOrganization })
}
const refusals: ReadonlySet<string> = new Set([
  'not_signed_in',
  'permission_missing',
  'organization_not_found',
  secondFactorRequired,
])

/** Whether it asks what somebody may do in an organization (`organizationQuery`). */
const isOrganization = ({ queryKey }: { readonly queryKey: readonly unknown[] }): boolean =>
  queryKey[0] === 'organization' && queryKey[3] === 'organization'

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => isOrganization(query) || noticeRefusal(error) }),
  mutationCache: new MutationCache({ onError: (error) => noticeRefusal(error) }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A server that is away is asked until it is back, and what was shown stays (`shell/away.tsx` says so).
      retry: (failures, error) => isAway(error) || (isPassing(error) && failures < triesMax),
      retryDelay: (failures) => Math.min(1_000 * 2 ** failures, waitMsMax),
      // A browser may take itself for offline beside a server that is near.
      networkMode: 'always',
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always' },
  },
})
