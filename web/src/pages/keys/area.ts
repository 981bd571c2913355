import { IconKey } from '@tabler/icons-react'
import { createRoute } from '@tanstack/react-router'
import type { CommandSource, Place } from '../../shell/area.ts'
import { lazyPage } from '../../shell/lazy-page.ts'
import { organizationRoute } from '../../shell/routes.ts'
import { readAs, textIn, wordIn } from '../../shell/search.ts'

export const keysPlace: Place = {
  title: 'Keys',
  icon: IconKey,
  path: 'keys',
  needs: 'keys.read',
  keywords: ['api', 'key', 'secret', 'rotate', 'budget', 'limit'],
}

export type KeysSearch = {
  readonly key?: string
  readonly make?: 'key'
  /** Left out: those that work. */
  readonly state?: 'revoked' | 'expired'
}

export const keysRoutes = [
  createRoute({
    getParentRoute: () => organizationRoute,
    path: '/keys',
    validateSearch: (search: Record<string, unknown>) =>
      readAs<KeysSearch>({
        key: textIn(search, 'key'),
        make: wordIn(search, 'make', ['key']),
        state: wordIn(search, 'state', ['revoked', 'expired']),
      }),
    component: lazyPage(() => import('./keys-page.tsx'), 'KeysPage'),
  }),
] as const

/** Keys by their names and by how their secrets begin. */
export const keyCommands: CommandSource = {
  id: 'keys',
  needs: 'keys.read',
  find: async (text, context, signal) => {
    const { findKeys } = await import('./find-keys.ts')
    return findKeys(text, context, signal)
  },
}
