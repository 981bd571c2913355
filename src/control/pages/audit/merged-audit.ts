/** The audit log as one list: of what the data plane's store changed, and of what the pages' own file of people did. */
import type { AuditEntryJson, AuditListJson } from '../../contract.ts'
import { pathOf } from '../ask-admin.ts'
import type { Asked, PagesDeps } from '../page-route.ts'

/** An entry of either; `id` tells which. */
export type MergedEntry = Omit<AuditEntryJson, 'id'> & { readonly id: string }

export type MergedAsk = {
  readonly organizationId: string | null
  /** ISO 8601. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Of a page before: the last entry of each log that was shown. */
  readonly cursor?: string | undefined
  readonly max: number
}

/** A page of both logs by time, the newest first. */
export async function mergedAudit(
  ask: MergedAsk,
  deps: Pick<Asked, 'admin'> & Pick<PagesDeps, 'people'>,
): Promise<{ readonly data: MergedEntry[]; readonly next: string | null }> {
  const [storeBefore = '', peopleBefore = ''] = ask.cursor?.split('.') ?? []
  const ofStore = await storeEntries(ask, storeBefore, deps)
  const ofPeople = peopleEntries(ask, peopleBefore, deps)
  const all = [...ofStore, ...ofPeople].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const data = all.slice(0, ask.max)
  const lastOf = (kind: string): string | undefined => data.findLast(({ id }) => id.startsWith(kind))?.id.slice(1)
  const next = `${lastOf('s') ?? storeBefore}.${lastOf('p') ?? peopleBefore}`
  return { data, next: all.length > ask.max ? next : null }
}

/** One more than a page has tells whether there are more. */
async function storeEntries(ask: MergedAsk, before: string, { admin }: Pick<Asked, 'admin'>): Promise<MergedEntry[]> {
  const { organizationId, from, to, max } = ask
  const query = { organization: organizationId ?? undefined, from, to, before: before || undefined, max: max + 1 }
  const { data } = await admin<AuditListJson>('GET', pathOf('/audit', query))
  return data.map((entry) => ({ ...entry, id: `s${entry.id}` }))
}

function peopleEntries(ask: MergedAsk, before: string, { people }: Pick<PagesDeps, 'people'>): MergedEntry[] {
  const { organizationId, max } = ask
  const [from, to] = [ask.from, ask.to].map((iso) => (iso === undefined ? null : Date.parse(iso))) as [
    number | null,
    number | null,
  ]
  const beforeId = before === '' ? null : Number(before)
  const entries = people.store.audit({ organizationId, from, to, beforeId, max: max + 1 })
  return entries.map(({ id, at, ...entry }) => ({ ...entry, id: `p${id}`, at: new Date(at).toISOString() }))
}
