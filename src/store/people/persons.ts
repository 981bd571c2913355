/** Persons, their passwords and their sessions. What people change of themselves the database notes for the audit log by itself. */
import type { Database } from 'bun:sqlite'
import { randomUUID } from 'node:crypto'
import { PeopleRefusal } from './people-refusal.ts'

export type PersonRow = {
  readonly id: string
  readonly name: string
  /** In small letters. */
  readonly email: string
  /** Whether it is known that the address is theirs. */
  readonly isVerified: boolean
  readonly hasSecondFactor: boolean
  readonly hasPasskey: boolean
  readonly hasPassword: boolean
  /** Whether they sign in by an OIDC provider as well. */
  readonly isProviderLinked: boolean
  readonly isOperator: boolean
  /** Epoch ms. */
  readonly createdAt: number
}
export type NewPerson = Pick<PersonRow, 'name' | 'email' | 'isVerified'> & {
  readonly passwordHash: string
  /** One of its own where it is not said. */
  readonly id?: string
}

export type SessionRow = {
  readonly id: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly address: string | null
  readonly userAgent: string | null
}

type Row = {
  id: string
  name: string
  email: string
  isVerified: bigint
  hasSecondFactor: bigint
  hasPasskey: bigint
  hasPassword: bigint
  isProviderLinked: bigint
  isOperator: bigint
  createdAt: string
}
type Value = string | number | null

const selectPerson = `
  select id, name, email, emailVerified as isVerified, coalesce(twoFactorEnabled, 0) as hasSecondFactor, createdAt,
    exists (select 1 from passkey where userId = person.id) as hasPasskey,
    exists (select 1 from account where userId = person.id and providerId = 'credential' and password is not null) as hasPassword,
    exists (select 1 from account where userId = person.id and providerId <> 'credential') as isProviderLinked,
    exists (select 1 from operator where person_id = person.id) as isOperator
  from person`

/** Prepares what concerns persons on a connection. */
export function preparePersons(db: Database) {
  const one = db.prepare<Row, [string]>(`${selectPerson} where id = ?`)
  const byEmail = db.prepare<Row, [string]>(`${selectPerson} where email = ?`)
  const all = db.prepare<Row, []>(`${selectPerson} order by createdAt, id`)
  const insert = db.prepare<unknown, Value[]>(
    'insert into person (id, name, email, emailVerified, createdAt, updatedAt) values (?, ?, ?, ?, ?, ?) on conflict do nothing',
  )
  const putPassword = db.prepare<unknown, Value[]>(`
    insert into account (id, accountId, providerId, userId, password, createdAt, updatedAt)
    values (?1, ?2, 'credential', ?2, ?3, ?4, ?4) on conflict (providerId, accountId) do update
    set password = excluded.password, updatedAt = excluded.updatedAt`)
  const hashOf = db.prepare<{ password: string | null }, [string]>(
    "select password from account join person on person.id = userId where email = ? and providerId = 'credential'",
  )
  const rename = db.prepare<unknown, Value[]>('update person set name = ?, updatedAt = ? where id = ?')
  const verify = db.prepare<unknown, Value[]>('update person set emailVerified = 1, updatedAt = ? where id = ?')
  const countPasskeys = db.prepare<{ many: bigint }, [string]>('select count(*) as many from passkey where userId = ?')
  const unlink = db.prepare<unknown, [string]>("delete from account where userId = ? and providerId <> 'credential'")
  const setPassword = (personId: string, hash: string, at: number): void =>
    void putPassword.run(randomUUID(), personId, hash, iso(at))
  return {
    person: (id: string): PersonRow | null => personOf(one.get(id)),
    personByEmail: (email: string): PersonRow | null => personOf(byEmail.get(email)),
    persons: (): PersonRow[] => all.all().map((row) => personOf(row)!),
    /** Throws `email-taken`. */
    addPerson: db.transaction(({ id = newPersonId(), ...person }: NewPerson, at: number): string => {
      const { name, email, isVerified, passwordHash } = person
      if (insert.run(id, name, email, Number(isVerified), iso(at), iso(at)).changes === 0)
        throw new PeopleRefusal('email-taken', 'There is already somebody with this e-mail address.')
      setPassword(id, passwordHash, at)
      return id
    }),
    setPassword,
    /** null: somebody without a password, or nobody. */
    passwordHashOf: (email: string): string | null => hashOf.get(email)?.password ?? null,
    passkeysOf: (personId: string): number => Number(countPasskeys.get(personId)!.many),
    renamePerson: (id: string, name: string, at: number): void => void rename.run(name, iso(at), id),
    markVerified: (id: string, at: number): void => void verify.run(iso(at), id),
    unlinkProvider: (personId: string): void => void unlink.run(personId),
    ...prepareSessions(db),
  }
}

type SessionRecord = {
  id: string
  createdAt: string
  expiresAt: string
  ipAddress: string | null
  userAgent: string | null
}

function prepareSessions(db: Database) {
  const list = db.prepare<SessionRecord, Value[]>(
    'select id, createdAt, expiresAt, ipAddress, userAgent from session where userId = ? and expiresAt > ? order by createdAt desc, id',
  )
  const addresses = db.prepare<{ address: string }, Value[]>(
    'select distinct ipAddress as address from session join person on person.id = userId where email = ? and expiresAt > ? and ipAddress <> ?',
  )
  const endOne = db.prepare<unknown, Value[]>('delete from session where userId = ?1 and (id = ?2 or token = ?2)')
  const endOthers = db.prepare<unknown, Value[]>('delete from session where userId = ? and id is not ?')
  const forgetSessions = db.prepare<unknown, [string]>('delete from session where expiresAt <= ?')
  const forgetVerifications = db.prepare<unknown, [string]>('delete from verification where expiresAt <= ?')
  return {
    /** Those that have not ended, the newest first. */
    sessionsOf: (personId: string, now: number): SessionRow[] =>
      list.all(personId, iso(now)).map(({ id, createdAt, expiresAt, ipAddress, userAgent }) => ({
        id,
        createdAt: Date.parse(createdAt),
        expiresAt: Date.parse(expiresAt),
        address: ipAddress === '' ? null : ipAddress,
        userAgent: userAgent === '' ? null : userAgent,
      })),
    /** Where the sessions of an account are from. */
    addressesOf: (email: string, now: number): string[] =>
      addresses.all(email, iso(now), '').map(({ address }) => address),
    /** By its id or its token. Gives whether there was such a session of theirs. */
    endSession: (personId: string, id: string): boolean => endOne.run(personId, id).changes > 0,
    /** All but that one; null: all. */
    endSessions: (personId: string, but: string | null): number => endOthers.run(personId, but).changes,
    forgetExpired(now: number): void {
      forgetSessions.run(iso(now))
      forgetVerifications.run(iso(now))
    },
  }
}

const newPersonId = (): string => `per_${randomUUID().replaceAll('-', '')}`

const iso = (at: number): string => new Date(at).toISOString()

const personOf = (row: Row | null): PersonRow | null =>
  row && {
    ...row,
    isVerified: row.isVerified === 1n,
    hasSecondFactor: row.hasSecondFactor === 1n,
    hasPasskey: row.hasPasskey === 1n,
    hasPassword: row.hasPassword === 1n,
    isProviderLinked: row.isProviderLinked === 1n,
    isOperator: row.isOperator === 1n,
    createdAt: Date.parse(row.createdAt),
  }
