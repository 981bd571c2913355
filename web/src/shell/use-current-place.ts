/** Keeps what the frame knows current while a page is open: routes look only when they are entered. */
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { PageOrganizationJson } from '../../../src/control/contract-pages.ts'
import { ApiTrouble } from '../api/client.ts'
import { queryClient, sessionQuery } from '../api/queries.ts'
import { organizationQuery } from './organization.ts'
import { usePlace } from './place.ts'

const askedAgainMs = 60_000

/** A session that ended elsewhere, a role that was changed, an organization that was suspended: the routes look again. */
export function useCurrentPlace(): void {
  const router = useRouter()
  const { session, organization } = usePlace()
  const watched = { refetchInterval: askedAgainMs, notifyOnChangeProps: ['data', 'error'] as ['data', 'error'] }
  const { data: person } = useQuery({ ...sessionQuery, ...watched, enabled: session !== null })
  const query = organizationQuery(organization?.id ?? '')
  const { data: standing, error } = useQuery({
    ...query,
    ...watched,
    enabled: organization !== null,
    select: standingOf,
  })
  useChange(person, () => void router.invalidate())
  useChange(standing, () => void router.invalidate())
  useChange(error, () => {
    if (!(error instanceof ApiTrouble) || error.status >= 500) return
    // Who may not see it any more must not go on with what was seen before.
    queryClient.removeQueries({ queryKey: query.queryKey })
    void router.invalidate()
  })
}

/** Without its balances, which are others after each request. */
const standingOf = ({ id, name, state, access, permissions }: PageOrganizationJson) => ({
  id,
  name,
  state,
  access,
  permissions,
})

/** Tells when a value is another than it was. */
function useChange(value: unknown, onChange: () => void): void {
  const known = useRef(value)
  useEffect(() => {
    if (known.current === value) return
    const isFirst = known.current === undefined
    known.current = value
    if (!isFirst && value !== undefined && value !== null) onChange()
  })
}
