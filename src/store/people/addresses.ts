/** E-mail addresses that people change. The database notes each change for the audit log by itself. */
import type { Database } from 'bun:sqlite'
import { PeopleRefusal } from './people-refusal.ts'

export type NewAddress = {
  readonly personId: string
  /** In small letters. */
  readonly email: string
  /** Whether it is known to be theirs. */
  readonly isVerified: boolean
}

/** Prepares them on a connection. */
export function prepareAddresses(db: Database) {
  const taken = db.prepare<unknown, [string, string]>('select 1 from person where email = ? and id <> ?')
  const put = db.prepare<unknown, [string, number, string, string]>(
    'update person set email = ?, emailVerified = ?, updatedAt = ? where id = ?',
  )
  const revoke = db.prepare<unknown, [number, string, number]>(`
    update link set revoked_at = ? where person_id = ? and created_at >= ? and used_at is null and revoked_at is null`)
  return {
    /** Throws `address-taken`. */
    changeEmail: db.transaction(({ personId, email, isVerified }: NewAddress, at: number): void => {
      if (taken.get(email, personId) !== null)
        throw new PeopleRefusal('address-taken', 'There is already somebody with this e-mail address.')
      put.run(email, Number(isVerified), new Date(at).toISOString(), personId)
    }),
    /** Ends the links by which somebody's address would change that were made since then. */
    revokeAddressLinks: (personId: string, since: number, at: number): void => void revoke.run(at, personId, since),
  }
}
