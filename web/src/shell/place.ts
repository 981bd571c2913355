/** Where in the web app somebody is, as the frame needs to know it. */
import { useMatches } from '@tanstack/react-router'
import type { PageOrganizationJson, SessionJson } from '../../../src/control/contract-pages.ts'
import type { Mode } from './mode.ts'

export type Person = NonNullable<SessionJson['person']>

export type PlaceView = {
  /** null while the session is not known. */
  readonly session: (SessionJson & { readonly person: Person }) | null
  /** null outside of the pages of an organization. */
  readonly organization: PageOrganizationJson | null
  readonly mode: Mode | null
  readonly isConsole: boolean
}

type Known = Partial<Pick<PlaceView, 'session' | 'organization' | 'mode'>>

export function usePlace(): PlaceView {
  const matches = useMatches()
  // Of a page that is not found, only the routes around it have come to know anything.
  const known: Known = Object.assign({}, ...matches.map(({ context }) => context))
  const { session = null, organization = null, mode = null } = known
  return { session, organization, mode, isConsole: matches.at(-1)?.pathname.startsWith('/operator') ?? false }
}
