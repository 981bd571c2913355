/** Asking whoever is signed in for their password again, before they change how somebody signs in. */
import { isPassword } from '../../lib/password.ts'
import type { PeopleStore } from '../../store/people/people-store.ts'
import { AdminError } from '../admin/error.ts'
import type { Signed } from '../pages/people-port.ts'

/** How long ago whoever has no password may have signed in, ms. */
const freshMs = 3_600_000

type Proof = { readonly store: PeopleStore; readonly now: number }

/** Whether somebody has a password, and so gives it; of whoever has none a sign-in of the last hour is asked. Throws `session_not_fresh`. */
export function passwordHashOf({ person, sessionId }: Signed, { store, now }: Proof): string | null {
  const hash = store.passwordHashOf(person.email)
  if (hash !== null) return hash
  const session = store.sessionsOf(person.id, now).find(({ id }) => id === sessionId)
  if (!session || now - session.createdAt > freshMs) throw new AdminError('session_not_fresh')
  return null
}

/** Throws `wrong_password`, or `session_not_fresh` for whoever has none. */
export async function provePassword(signed: Signed, given: string | undefined, proof: Proof): Promise<void> {
  const hash = passwordHashOf(signed, proof)
  if (hash === null) return
  if (given === undefined || !(await isPassword(given, hash))) throw new AdminError('wrong_password')
}
