import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../shell/lazy-page.ts'
import { insideRoute } from '../../shell/routes.ts'
import { readAs, textIn, wordIn } from '../../shell/search.ts'

/** `error`: what a provider's answer came to. */
type AccountSearch = { readonly begin?: 'second-factor'; readonly error?: string }

export const accountRoutes = [
  createRoute({
    getParentRoute: () => insideRoute,
    path: '/account',
    validateSearch: (search: Record<string, unknown>) =>
      readAs<AccountSearch>({ begin: wordIn(search, 'begin', ['second-factor']), error: textIn(search, 'error') }),
    component: lazyPage(() => import('./account-page.tsx'), 'AccountPage'),
  }),
] as const
