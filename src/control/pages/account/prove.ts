/** Whoever is signed in, and their password once more. */
import { AdminError } from '../../admin/error.ts'
import { beginAttempt } from '../../people/attempts.ts'
import { provePassword } from '../../people/prove-password.ts'
import type { PagesDeps } from '../page-route.ts'

/** Throws `wrong_password`, or `session_not_fresh` for whoever has none. */
export async function prove(request: Request, given: string | undefined, deps: PagesDeps): Promise<void> {
  const signed = await sessionOf(request, deps)
  const { limits, store } = deps.people
  const attempt = beginAttempt(request, signed.person.email, limits)
  await provePassword(signed, given, { store, now: deps.clock.now() })
  attempt.giveBack()
}

/** Throws `not_signed_in`. */
export async function sessionOf(request: Request, { people }: PagesDeps) {
  const signed = await people.signedIn(request)
  if (!signed) throw new AdminError('not_signed_in')
  return signed
}
