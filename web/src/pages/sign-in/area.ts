/** What is for those who are not signed in. Tokens of links stand in the fragment, which no server is sent. */
import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../shell/lazy-page.ts'
import { outsideRoute } from '../../shell/routes.ts'
import { readAs, textIn, wordIn } from '../../shell/search.ts'

/** `to`: where somebody goes behind it. `error`: what a provider's answer came to. */
type SignInSearch = { readonly step?: 'second-factor'; readonly to?: string; readonly error?: string }

export const signInRoutes = [
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/sign-in',
    validateSearch: (search: Record<string, unknown>) =>
      readAs<SignInSearch>({
        step: wordIn(search, 'step', ['second-factor']),
        to: textIn(search, 'to'),
        error: textIn(search, 'error'),
      }),
    component: lazyPage(() => import('./sign-in-page.tsx'), 'SignInPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/sign-up',
    component: lazyPage(() => import('./sign-up-page.tsx'), 'SignUpPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/setup',
    component: lazyPage(() => import('./setup-page.tsx'), 'SetupPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/invitation',
    component: lazyPage(() => import('./invitation-page.tsx'), 'InvitationPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/forgot-password',
    component: lazyPage(() => import('./forgot-password-page.tsx'), 'ForgotPasswordPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/reset-password',
    component: lazyPage(() => import('./reset-password-page.tsx'), 'ResetPasswordPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/confirm-email',
    component: lazyPage(() => import('./confirm-email-page.tsx'), 'ConfirmEmailPage'),
  }),
  createRoute({
    getParentRoute: () => outsideRoute,
    path: '/take-back',
    component: lazyPage(() => import('./take-back-page.tsx'), 'TakeBackPage'),
  }),
] as const
