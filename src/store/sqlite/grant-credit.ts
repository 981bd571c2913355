import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import type { Clock } from '../../lib/clock.ts'
import { StoreRefusal, type Actor, type Grant, type Transfer } from '../store.ts'
import type { Audit } from './audit.ts'
import { creditOf, grantsOf, type AccountChanges, type Ledger } from './ledger.ts'

/** Prepares giving credit, once per idempotency key; see `Store.grantCredit`. */
export function prepareGrantCredit(
  db: Database,
  { ledger, audit }: { readonly ledger: Ledger; readonly audit: Audit },
  clock: Clock,
): (grant: Grant, actor: Actor) => Transfer {
  const give = db.transaction((grant: Grant, actor: Actor): Transfer => {
    assert(grant.amountNano > 0n, 'a grant is above zero')
    ledger.availableNano(grant.organizationId, grant.mode)
    const changes: AccountChanges = new Map()
    const isNew = ledger.postOnce(changes, postingOf(grant, clock.now()))
    ledger.writeAccounts(changes)
    const transfer = ledger.transfer('grant', grant.idempotencyKey)
    if (isNew) audit.write(noteOf(grant, transfer, actor))
    else assertSame(transfer, grant)
    return transfer
  })
  return (grant, actor) => give.immediate(grant, actor)
}

const noteOf = ({ organizationId, mode, amountNano, note }: Grant, { id }: Transfer, actor: Actor) => ({
  actor,
  action: 'credit.granted',
  organizationId,
  subject: organizationId,
  before: null,
  after: { mode, amountNano: amountNano.toString(), note, transfer: id },
})

const postingOf = (grant: Grant, at: number) => ({
  idempotencyKey: grant.idempotencyKey,
  kind: 'grant' as const,
  organizationId: grant.organizationId,
  mode: grant.mode,
  debitAccount: grantsOf(grant.mode),
  creditAccount: creditOf(grant.organizationId, grant.mode),
  amountNano: grant.amountNano,
  at,
  note: grant.note,
})

function assertSame(first: Transfer, grant: Grant): void {
  if (first.amountNano === grant.amountNano && first.creditAccount === creditOf(grant.organizationId, grant.mode))
    return
  throw new StoreRefusal(
    'idempotency-conflict',
    `the idempotency key ${grant.idempotencyKey} was used for another grant`,
  )
}
