/** The audit log's statements. `write` belongs into the transaction of the change that it writes down. */
import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import type { AuditNote, Facts } from '../audit.ts'
import type { KeyRow, OperatorToken, Organization } from '../store.ts'
import { prepareAuditRows } from './audit-rows.ts'

export type Audit = ReturnType<typeof prepareAudit>

/** Prepares the statements on a connection. */
export function prepareAudit(db: Database, clock: Pick<Clock, 'now'>) {
  const { add, list } = prepareAuditRows(db)
  const write = (note: AuditNote): void => add(clock.now(), note)
  return {
    write,
    /** As `write`, of something that was one way and is another now; nothing where nothing differs. */
    writeChange(note: AuditNote & { readonly before: Facts; readonly after: Facts }): void {
      const { before, after } = note
      const differing = Object.keys(after).filter(
        (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
      )
      if (differing.length > 0) write({ ...note, before: pick(before, differing), after: pick(after, differing) })
    },
    list,
  }
}

const pick = (facts: Facts, names: readonly string[]): Facts =>
  Object.fromEntries(names.map((name) => [name, facts[name]]))

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

export const organizationFacts = ({ name, suspended }: Pick<Organization, 'name' | 'suspended'>): Facts => ({
  name,
  suspendedAt: suspended && iso(suspended.at),
  suspendedWhy: suspended && suspended.why,
})

/** Without hashes; the secrets that still work are known by their prefixes. */
export const keyFacts = (key: KeyRow): Facts => ({
  name: key.name,
  mode: key.mode,
  prefix: key.prefix,
  region: key.region,
  rpm: key.rpm,
  tpm: key.tpm,
  concurrency: key.concurrency,
  budgetNano: key.budgetNano === null ? null : key.budgetNano.toString(),
  budgetPeriod: key.budgetPeriod,
  models: key.models,
  endpoints: key.endpoints,
  addresses: key.addresses,
  expiresAt: iso(key.expiresAt),
  revokedAt: iso(key.revokedAt),
  earlierSecrets: key.replaced.map(({ prefix, until }) => ({ prefix, until: iso(until) })),
})

export const tokenFacts = ({ name, prefix, scopes, revokedAt }: OperatorToken): Facts => ({
  name,
  prefix,
  scopes,
  revokedAt: iso(revokedAt),
})
