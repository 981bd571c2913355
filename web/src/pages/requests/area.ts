import { IconListDetails } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { CommandSource, Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { organizationRoute } from '../../shell/routes.ts'
import { readRequestsSearch } from './requests-search.ts'

export const requestsPlace: Place = {
  title: 'Requests',
  icon: IconListDetails,
  path: 'requests',
  needs: 'requests.read',
  keywords: ['logs', 'receipts', 'errors', 'live'],
}

export const requestsRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/requests',
    validateSearch: readRequestsSearch,
    component: lazyPage(() => import('./requests-page.tsx'), 'RequestsPage'),
  }),
] as const

const requestId = /^req_[0-9a-f]{8,32}$/

/** A request by its id. */
export const requestCommands: CommandSource = {
  id: 'requests',
  needs: 'requests.read',
  find: (text, { organization, mode, go }) => {
    const id = text.trim()
    if (organization === null || !requestId.test(id)) return Promise.resolve([])
    const run = (): void => go(`/dashboard/${organization}/requests?mode=${mode}&request=${id}`)
    return Promise.resolve([{ id, title: `Receipt of ${id}`, group: 'Requests', run }])
  },
}
