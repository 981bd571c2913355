/** Attempts at guessing, of whatever route, counted for the client's address and for the account that they are at; and changes, counted for whoever makes them. */
import { addressHeader } from '../address-header.ts'
import { AdminError } from '../admin/error.ts'
import type { SignInLimits } from './sign-in-limits.ts'

/** Counts one, and gives what takes it back. Throws `too_many_attempts`. */
export function beginAttempt(request: Request, account: string | null, limits: SignInLimits) {
  const attempt = limits.begin({ address: request.headers.get(addressHeader) ?? '', account })
  if ('waitMs' in attempt) throw new AdminError('too_many_attempts', { retryAfterMs: attempt.waitMs })
  return attempt
}

/** Counts a change that somebody asks for, whatever becomes of it. Throws `too_many_changes`. */
export function countChange(personId: string, limits: Pick<SignInLimits, 'change'>): void {
  const retryAfterMs = limits.change(personId)
  if (retryAfterMs > 0) throw new AdminError('too_many_changes', { retryAfterMs })
}
