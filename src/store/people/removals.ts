/** What is taken from people by others, or by themselves for good. */
import type { Database } from 'bun:sqlite'
import type { Change, prepareMembers } from './members.ts'
import type { Note } from './notes.ts'

type Members = Pick<ReturnType<typeof prepareMembers>, 'membershipsOf' | 'refuseLast' | 'emailOf'>

/** Prepares them on a connection. */
export function prepareRemovals(db: Database, note: Note, { membershipsOf, refuseLast, emailOf }: Members) {
  const remove = db.prepare<unknown, [string]>('delete from person where id = ?')
  // null, and not 0, which is what people make it themselves, and passkeys of no device: the database notes as theirs what
  // people do.
  const withoutSecondFactor = [
    'update person set twoFactorEnabled = null where id = ?',
    'delete from twoFactor where userId = ?',
    "update passkey set deviceType = 'none' where userId = ?",
    'delete from passkey where userId = ?',
    'delete from session where userId = ?',
  ].map((sql) => db.prepare<unknown, [string]>(sql))
  return {
    /** For somebody who lost it, and their passkeys; every session of theirs ends. Throws `not-found`. */
    removeSecondFactor: db.transaction((personId: string, { actor, at }: Change): void => {
      const email = emailOf(personId)
      note({ at, actor, action: 'person.second-factor-removed', subject: personId, before: { email } })
      for (const statement of withoutSecondFactor) statement.run(personId)
    }),
    /**
     * Removes somebody with all that is theirs; what they did stays in the audit log. Throws `not-found`, and `last-owner`
     * or `last-operator` for whoever is the only one.
     */
    removePerson: db.transaction((personId: string, { actor, at }: Change): void => {
      const email = emailOf(personId)
      refuseLast(personId)
      const removed = { at, actor, subject: personId }
      for (const { organizationId, role } of membershipsOf(personId))
        note({ ...removed, action: 'member.removed', organizationId, before: { email, role } })
      note({ ...removed, action: 'person.removed', before: { email } })
      remove.run(personId)
    }),
  }
}
