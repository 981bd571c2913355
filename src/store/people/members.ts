/** What people may do: members of organizations with their roles, and operators. */
import type { Database } from 'bun:sqlite'
import type { Actor } from '../audit.ts'
import type { Note } from './notes.ts'
import { PeopleRefusal } from './people-refusal.ts'

export const memberRoles = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const
export type MemberRole = (typeof memberRoles)[number]
type Membership = { readonly organizationId: string; readonly role: MemberRole }

export type MemberRow = {
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly role: MemberRole
  readonly hasSecondFactor: boolean
  readonly hasPasskey: boolean
  /** Epoch ms. */
  readonly since: number
}
type OperatorRow = Omit<MemberRow, 'role'>

type Place = { readonly organizationId: string; readonly personId: string }
export type Change = { readonly actor: Actor; readonly at: number }
/** Throws `not-found`. */
type EmailOf = (personId: string) => string
type Row = Pick<MemberRow, 'personId' | 'name' | 'email' | 'role'> & {
  hasSecondFactor: bigint
  hasPasskey: bigint
  since: bigint
}
type Value = string | number | null

const personColumns = `person.id as personId, person.name, person.email, coalesce(twoFactorEnabled, 0) as hasSecondFactor,
  exists (select 1 from passkey where userId = person.id) as hasPasskey`

/** Prepares what concerns members on a connection. */
export function prepareMembers(db: Database, note: Note) {
  const put = db.prepare<unknown, Value[]>(`
    insert into member (organization_id, person_id, role, created_at) values (?, ?, ?, ?)
    on conflict (organization_id, person_id) do update set role = excluded.role`)
  const remove = db.prepare<unknown, Value[]>('delete from member where organization_id = ? and person_id = ?')
  const looks = prepareLooks(db)
  const { roleOf, membershipsOf, ownersBeside } = looks
  const emailOf = prepareEmails(db)
  const operators = prepareOperators(db, note, emailOf)
  const keepAnOwner = ({ organizationId, personId }: Place): void => {
    if (roleOf(personId, organizationId) === 'owner' && ownersBeside(personId, organizationId) === 0)
      throw new PeopleRefusal('last-owner', 'an organization keeps at least one owner')
  }
  return {
    ...looks,
    ...operators,
    emailOf,
    /** Makes somebody a member, or gives a member another role. Throws `last-owner`, `not-found`. */
    putMember: db.transaction((place: Place, to: MemberRole, { actor, at }: Change): void => {
      const { organizationId, personId } = place
      const before = roleOf(personId, organizationId)
      if (before === to) return
      const email = emailOf(personId)
      keepAnOwner(place)
      put.run(organizationId, personId, to, at)
      const changed = { at, actor, organizationId, subject: personId }
      if (before === null) note({ ...changed, action: 'member.added', after: { email, role: to } })
      else note({ ...changed, action: 'member.role-changed', before: { role: before }, after: { role: to } })
    }),
    /** Throws `last-owner`, `not-found`. */
    removeMember: db.transaction((place: Place, { actor, at }: Change): void => {
      const { organizationId, personId } = place
      const before = roleOf(personId, organizationId)
      if (before === null) throw new PeopleRefusal('not-found', 'there is no such member')
      keepAnOwner(place)
      remove.run(organizationId, personId)
      const action = actor.id === personId ? 'member.left' : 'member.removed'
      const facts = { email: emailOf(personId), role: before }
      note({ at, actor, action, organizationId, subject: personId, before: facts })
    }),
    /** Refuses whoever is the only owner of something, or the only operator. */
    refuseLast(personId: string): void {
      for (const { organizationId } of membershipsOf(personId)) keepAnOwner({ organizationId, personId })
      operators.keepAnOperator(personId)
    },
  }
}

function prepareLooks(db: Database) {
  const role = db.prepare<{ role: MemberRole }, Value[]>(
    'select role from member where organization_id = ? and person_id = ?',
  )
  const ofPerson = db.prepare<{ organizationId: string; role: MemberRole }, [string]>(
    'select organization_id as organizationId, role from member where person_id = ? order by created_at, organization_id',
  )
  const ofOrganization = db.prepare<Row, [string]>(`
    select ${personColumns}, member.role, member.created_at as since from member join person on person.id = person_id
    where organization_id = ? order by member.created_at, person.id`)
  const otherOwners = db.prepare<{ many: bigint }, Value[]>(
    "select count(*) as many from member where organization_id = ? and role = 'owner' and person_id <> ?",
  )
  return {
    roleOf: (personId: string, organizationId: string): MemberRole | null =>
      role.get(organizationId, personId)?.role ?? null,
    membershipsOf: (personId: string): Membership[] => ofPerson.all(personId),
    membersOf: (organizationId: string): MemberRow[] =>
      ofOrganization.all(organizationId).map((row) => ({ ...operatorOf(row), role: row.role })),
    ownersBeside: (personId: string, organizationId: string): number =>
      Number(otherOwners.get(organizationId, personId)!.many),
  }
}

function prepareEmails(db: Database): EmailOf {
  const find = db.prepare<{ email: string }, [string]>('select email from person where id = ?')
  return (id) => {
    const found = find.get(id)
    if (!found) throw new PeopleRefusal('not-found', 'there is nobody with this id')
    return found.email
  }
}

function prepareOperators(db: Database, note: Note, emailOf: EmailOf) {
  const list = db.prepare<Omit<Row, 'role'>, []>(`
    select ${personColumns}, operator.created_at as since from operator join person on person.id = person_id
    order by operator.created_at, person.id`)
  const insert = db.prepare<unknown, Value[]>(
    'insert into operator (person_id, created_at) values (?, ?) on conflict do nothing',
  )
  const remove = db.prepare<unknown, [string]>('delete from operator where person_id = ?')
  const operators = (): OperatorRow[] => list.all().map(operatorOf)
  const isOperator = (personId: string): boolean => operators().some((each) => each.personId === personId)
  const keepAnOperator = (personId: string): void => {
    if (isOperator(personId) && operators().length === 1)
      throw new PeopleRefusal('last-operator', 'at least one operator stays')
  }
  return {
    operators,
    keepAnOperator,
    addOperator: db.transaction((personId: string, { actor, at }: Change): void => {
      const email = emailOf(personId)
      if (insert.run(personId, at).changes === 0) return
      note({ at, actor, action: 'operator.added', subject: personId, after: { email } })
    }),
    /** Throws `last-operator`, `not-found`. */
    removeOperator: db.transaction((personId: string, { actor, at }: Change): void => {
      if (!isOperator(personId)) throw new PeopleRefusal('not-found', 'there is no such operator')
      keepAnOperator(personId)
      remove.run(personId)
      note({ at, actor, action: 'operator.removed', subject: personId, before: { email: emailOf(personId) } })
    }),
  }
}

const operatorOf = ({ hasSecondFactor, hasPasskey, since, ...who }: Omit<Row, 'role'>): OperatorRow => ({
  personId: who.personId,
  name: who.name,
  email: who.email,
  hasSecondFactor: hasSecondFactor === 1n,
  hasPasskey: hasPasskey === 1n,
  since: Number(since),
})
