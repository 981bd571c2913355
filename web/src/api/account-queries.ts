/** What concerns people themselves: how they sign in, their account, its sessions and passkeys. */
import { queryOptions } from '@tanstack/react-query'
import type { AccountJson, SessionListJson, WaysToSignInJson } from '../../../src/control/contract-pages.ts'
import { ask } from './client.ts'

export const waysQuery = queryOptions({
  queryKey: ['ways-to-sign-in'],
  staleTime: 60_000,
  queryFn: ({ signal }) => ask<WaysToSignInJson>('/api/sign-in', { signal }),
})

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => ask<AccountJson>('/api/account', { signal }),
})

export const sessionsQuery = queryOptions({
  queryKey: ['account', 'sessions'],
  queryFn: ({ signal }) => ask<SessionListJson>('/api/account/sessions', { signal }),
})

export type PasskeyJson = { readonly id: string; readonly name: string | null; readonly createdAt: string }

export const passkeysQuery = queryOptions({
  queryKey: ['account', 'passkeys'],
  queryFn: ({ signal }) => ask<readonly PasskeyJson[]>('/api/auth/passkey/list-user-passkeys', { signal }),
})
