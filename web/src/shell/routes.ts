/** The routes that areas hang theirs under. What is shown around them is set in router.tsx. */
import { createRootRoute, createRoute, notFound, redirect, retainSearchParams } from '@tanstack/react-router'
import { ApiTrouble, secondFactorRequired } from '../api/client.ts'
import { queryClient, sessionQuery } from '../api/queries.ts'
import type { SessionJson } from '../../../src/control/contract-pages.ts'
import { lastOrganization } from './last-organization.ts'
import { isMode, type Mode } from './mode.ts'
import { findOrganization, firstMode } from './organization.ts'
import { readAs, textIn } from './search.ts'

export const rootRoute = createRootRoute()

/** Sign-in and what else is for those who are not signed in. */
export const outsideRoute = createRoute({ getParentRoute: () => rootRoute, id: 'outside' })

/** Everything with the frame around it that one must be signed in for. */
export const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery)
    const { person } = session
    if (person === null) throw redirect({ to: '/sign-in', search: { to: location.href } as never, replace: true })
    return { session: { ...session, person } }
  },
})

export type AnyoneSearch = { readonly organization?: string; readonly mode?: Mode }

/**
 * With the frame around it, whether somebody is signed in or not: of the organization that the URL says, or that was
 * looked at last.
 */
export const anyoneRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'anyone',
  validateSearch: (search: Record<string, unknown>) =>
    readAs<AnyoneSearch>({ organization: textIn(search, 'organization'), mode: modeIn(search) }),
  search: { middlewares: [retainSearchParams(['organization', 'mode'])] },
  beforeLoad: async ({ search }) => {
    const session = await queryClient.ensureQueryData(sessionQuery)
    const { person } = session
    if (person === null) return { session: null }
    const wanted = search.organization ?? lastOf(session)
    // Whoever must show a second factor there first goes on with a key of their own.
    const organization = wanted === undefined ? null : await findOrganization(wanted).catch(nullWhereShutOut)
    const mode = organization && (search.mode ?? firstMode(organization))
    return { session: { ...session, person }, organization, mode }
  },
})

function nullWhereShutOut(error: unknown): null {
  if (error instanceof ApiTrouble && error.code === secondFactorRequired) return null
  throw error
}

const modeIn = (search: Record<string, unknown>): Mode | undefined =>
  isMode(search['mode']) ? search['mode'] : undefined

/** The organization that was looked at last, of those that the person is a member of. */
const lastOf = ({ organizations }: SessionJson): string | undefined =>
  (organizations.find(({ id }) => id === lastOrganization.read()) ?? organizations[0])?.id

export const dashboardRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/dashboard',
})

/** `/dashboard` leads to the organization that was looked at last. */
export const dashboardIndexRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/',
  beforeLoad: ({ context: { session } }) => {
    const last = lastOf(session)
    if (last !== undefined) throw redirect({ to: `/dashboard/${last}/home` as never, replace: true })
    if (session.person.isOperator) throw redirect({ to: '/operator/organizations', replace: true })
  },
})

/** An organization's pages: in one mode, which the URL says. */
export const organizationRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/$organization',
  validateSearch: (search: Record<string, unknown>) => readAs<{ readonly mode?: Mode }>({ mode: modeIn(search) }),
  search: { middlewares: [retainSearchParams(['mode'])] },
  beforeLoad: async ({ params, search, location }) => {
    const organization = await findOrganization(params.organization)
    if (organization === null) throw notFound()
    const mode = search.mode ?? firstMode(organization)
    if (search.mode === undefined)
      throw redirect({ to: location.pathname as never, search: { ...location.search, mode } as never, replace: true })
    lastOrganization.write(organization.id)
    return { organization, mode }
  },
})

export const organizationIndexRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: `/dashboard/${params.organization}/home` as never, replace: true })
  },
})

/** The console: for operators alone, and for others as if it were not there. */
export const operatorRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/operator',
  beforeLoad: ({ context: { session } }) => {
    if (!session.person.isOperator) throw notFound()
    if (session.person.isShutOut)
      throw new ApiTrouble('Whoever runs this gateway asks its operators for a second factor.', {
        code: secondFactorRequired,
        status: 403,
      })
    return { usualMode: session.usualMode ?? 'live' }
  },
})

export const operatorIndexRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/operator/organizations', replace: true })
  },
})
