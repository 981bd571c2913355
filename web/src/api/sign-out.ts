import { ask } from './client.ts'

/** Ends the session and begins anew, so that nothing of it stays in memory. */
export async function signOut(): Promise<void> {
  await ask('/api/auth/sign-out', { method: 'POST', body: {} })
  location.assign('/sign-in')
}
