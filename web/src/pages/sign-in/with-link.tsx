import { Alert, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import type { LookedAtLinkJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { keptLink, takeLinkToken } from '../../api/link-token.ts'
import { Trouble } from '../../ui/trouble.tsx'

export type WithLinkProps = {
  readonly kind: LookedAtLinkJson['kind']
  /** What the page is for, where it was opened without a link. */
  readonly missing: string
  readonly children: (link: LookedAtLinkJson, token: string) => ReactNode
}

/** Shows what a link is for, once the server has said what that is. */
export function WithLink({ kind, missing, children }: WithLinkProps) {
  const [token] = useState(() => takeLinkToken() ?? keptLink.take())
  const { data, error } = useQuery({
    queryKey: ['link', kind, token],
    enabled: token !== null,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      ask<LookedAtLinkJson>('/api/links/look', { method: 'POST', body: { kind, token }, signal }),
  })
  if (token === null) return <Alert variant="light">{missing}</Alert>
  if (error) return <Trouble error={error} title="This link does not work" />
  return data ? children(data, token) : <Skeleton height={260} radius="lg" />
}
