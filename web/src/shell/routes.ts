/** The routes that areas hang theirs under. What is shown around them is set in router.tsx. */
import { createRootRoute, createRoute, notFound, redirect, retainSearchParams } from '@tanstack/react-router'
import { queryClient, sessionQuery } from '../api/queries.ts'
import { lastOrganization } from './last-organization.ts'
import { isMode, type Mode } from './mode.ts'
import { findOrganization, firstMode } from './organization.ts'

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

/** With the frame around it, whether somebody is signed in or not. */
export const anyoneRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'anyone',
  beforeLoad: async () => {
    const session = await queryClient.ensureQueryData(sessionQuery)
    const { person } = session
    return { session: person === null ? null : { ...session, person } }
  },
})

export const dashboardRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/dashboard',
})

/** `/dashboard` leads to the organization that was looked at last. */
export const dashboardIndexRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/',
  beforeLoad: ({ context: { session } }) => {
    const { organizations, person } = session
    const last = organizations.find(({ id }) => id === lastOrganization.read()) ?? organizations[0]
    if (last) throw redirect({ to: `/dashboard/${last.id}/home` as never, replace: true })
    if (person.isOperator) throw redirect({ to: '/operator/organizations', replace: true })
  },
})

/** An organization's pages: in one mode, which the URL says. */
export const organizationRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/$organization',
  validateSearch: (search: Record<string, unknown>): { readonly mode?: Mode } =>
    isMode(search['mode']) ? { mode: search['mode'] } : {},
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
  },
})

export const operatorIndexRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/operator/organizations', replace: true })
  },
})
