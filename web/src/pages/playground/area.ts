import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../shell/lazy-page.ts'
import { anyoneRoute } from '../../shell/routes.ts'
import { readAs, textIn } from '../../shell/search.ts'

/** In place of a key's id: one that is pasted, of which nobody knows whose it is. */
export const pastedKey = 'pasted'

export type PlaygroundSearch = { readonly key?: string }

export const playgroundRoutes = [
  createRoute({
    getParentRoute: () => anyoneRoute,
    path: '/playground',
    validateSearch: (search: Record<string, unknown>) => readAs<PlaygroundSearch>({ key: textIn(search, 'key') }),
    // A pasted key may be of either mode: none is claimed around it.
    beforeLoad: ({ search, context: { organization } }) =>
      search.key === pastedKey || organization?.permissions.includes('keys.write') !== true ? { mode: null } : {},
    component: lazyPage(() => import('./playground-page.tsx'), 'PlaygroundPage'),
  }),
] as const
