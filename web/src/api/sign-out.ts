import { ask } from './client.ts'

/** Ends the session and begins anew, so that nothing of it stays in memory. */
export async function signOut(to: `/${string}` = '/sign-in'): Promise<void> {
  await ask('/api/auth/sign-out', { method: 'POST', body: {} })
  location.assign(to)
}
