/** Alerts for low credit: told once, when the credit comes to be below, in the transaction that notes it. */
import type { Database } from 'bun:sqlite'
import { formatUsd } from '../../lib/amounts.ts'
import { StoreRefusal, type Actor, type CreditAlert, type Crossing, type Mode } from '../store.ts'
import type { Audit } from './audit.ts'
import type { Deliveries } from './deliveries.ts'
import type { Ledger } from './ledger.ts'
import type { Organizations } from './organizations.ts'

type Row = { organization_id: string; mode: Mode; threshold_nano: bigint; is_below: bigint }
type Value = string | number | bigint

const columns = 'organization_id, mode, threshold_nano, is_below'
const selectOf = `select ${columns} from credit_alert where organization_id = ? order by mode`
const selectAll = `select ${columns} from credit_alert`
const putAlert = `insert into credit_alert (${columns}) values (?, ?, ?, 0)
  on conflict do update set threshold_nano = excluded.threshold_nano, is_below = 0`
const deleteAlert = 'delete from credit_alert where organization_id = ? and mode = ?'
const setBelow = 'update credit_alert set is_below = ? where organization_id = ? and mode = ?'

type Uses = {
  readonly audit: Audit
  readonly deliveries: Deliveries
  readonly ledger: Ledger
  readonly organizations: Organizations
}

/** Prepares the statements on a connection. */
export function prepareCreditAlerts(db: Database, { audit, deliveries, ledger, organizations }: Uses) {
  const of = db.prepare<Row, [string]>(selectOf)
  const all = db.prepare<Row, []>(selectAll)
  const put = db.prepare<unknown, Value[]>(putAlert)
  const remove = db.prepare<unknown, Value[]>(deleteAlert)
  const mark = db.prepare<unknown, Value[]>(setBelow)
  const list = (organizationId: string): CreditAlert[] => of.all(organizationId).map(alertOf)

  type Asked = Pick<CreditAlert, 'organizationId' | 'mode'> & { readonly thresholdNano: bigint | null }
  const set = db.transaction(({ organizationId, mode, thresholdNano }: Asked, actor: Actor): void => {
    if (!organizations.exists(organizationId))
      throw new StoreRefusal('organization-not-found', `there is no organization ${organizationId}`)
    const was = list(organizationId).find((alert) => alert.mode === mode)?.thresholdNano ?? null
    if (was === thresholdNano) return
    if (thresholdNano === null) remove.run(organizationId, mode)
    else put.run(organizationId, mode, thresholdNano)
    const [before, after] = [was, thresholdNano].map((nano) => ({ mode, thresholdNano: nano && nano.toString() }))
    audit.write({
      actor,
      action: 'credit-alert.set',
      organizationId,
      subject: organizationId,
      before: before!,
      after: after!,
    })
  })
  const cross = db.transaction((): Crossing[] =>
    all.all().flatMap((row) => {
      const alert = alertOf(row)
      const { organizationId, mode, thresholdNano } = alert
      const { balanceNano, reservedNano } = ledger.balance(organizationId, mode)
      const creditNano = balanceNano - reservedNano
      const isBelow = creditNano < thresholdNano
      if (isBelow === alert.isBelow) return []
      mark.run(isBelow ? 1 : 0, organizationId, mode)
      if (!isBelow) return []
      const data = { organizationId, mode, ...amounts('threshold', thresholdNano), ...amounts('credit', creditNano) }
      deliveries.tell({ organizationId, event: 'credit.low', data })
      return [{ ...alert, isBelow, creditNano }]
    }),
  )
  return {
    list,
    set: (asked: Asked, actor: Actor): void => set.immediate(asked, actor),
    cross: (): Crossing[] => cross.immediate(),
  }
}

const amounts = (name: string, nano: bigint) => ({ [`${name}Nano`]: nano.toString(), [`${name}Usd`]: formatUsd(nano) })

const alertOf = (row: Row): CreditAlert => ({
  organizationId: row.organization_id,
  mode: row.mode,
  thresholdNano: row.threshold_nano,
  isBelow: row.is_below === 1n,
})
