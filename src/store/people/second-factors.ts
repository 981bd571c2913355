/** Who is asked for a second factor: organizations that ask all of their members, and sessions that were opened with one. */
import type { Database } from 'bun:sqlite'
import type { Change } from './members.ts'
import type { Note } from './notes.ts'

/** Prepares them on a connection. */
export function prepareSecondFactors(db: Database, note: Note) {
  const look = db.prepare<unknown, [string]>('select 1 from second_factor_demand where organization_id = ?')
  const lookAtAny = db.prepare<unknown, []>('select 1 from second_factor_demand limit 1')
  const ofPerson = db.prepare<unknown, [string]>(
    'select 1 from second_factor_demand join member using (organization_id) where person_id = ? limit 1',
  )
  const begin = db.prepare<unknown, [string, number]>(
    'insert into second_factor_demand (organization_id, created_at) values (?, ?) on conflict do nothing',
  )
  const end = db.prepare<unknown, [string]>('delete from second_factor_demand where organization_id = ?')
  const mark = db.prepare<unknown, [string, string]>(
    'update session set gaveSecondFactor = 1 where userId = ? and id = ?',
  )
  return {
    /** Whether an organization asks all of its members for a second factor. */
    demandsSecondFactor: (organizationId: string): boolean => look.get(organizationId) !== null,
    /** Whether any organization does. */
    isSecondFactorDemandedAnywhere: (): boolean => lookAtAny.get() !== null,
    /** Whether an organization that somebody is a member of does. */
    isSecondFactorDemandedOf: (personId: string): boolean => ofPerson.get(personId) !== null,
    demandSecondFactor: db.transaction((organizationId: string, isOn: boolean, { actor, at }: Change): void => {
      const { changes } = isOn ? begin.run(organizationId, at) : end.run(organizationId)
      if (changes === 0) return
      const [before, after] = isOn ? [optional, required] : [required, optional]
      note({
        at,
        actor,
        action: 'organization.second-factor-changed',
        organizationId,
        subject: organizationId,
        before,
        after,
      })
    }),
    /** Notes that a second factor was shown in a session of somebody's. */
    giveSecondFactor: (personId: string, sessionId: string): void => void mark.run(personId, sessionId),
  }
}

const optional = { secondFactor: 'optional' }
const required = { secondFactor: 'required' }
