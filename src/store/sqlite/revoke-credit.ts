import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import { greater, lesser } from '../../lib/amounts.ts'
import type { Clock } from '../../lib/clock.ts'
import { StoreRefusal, type Actor, type RevocationAsk, type RevocationAnswer, type Transfer } from '../store.ts'
import type { Audit } from './audit.ts'
import { creditOf, type AccountChanges, type Ledger, type Posting } from './ledger.ts'

type MoneyIn = { id: bigint; debit_account: string; left: bigint }

/** What is left of each grant and top-up after its reversals, the newest first. */
const selectMoneyIn = `
  select id, debit_account, amount_nano - coalesce(
    (select sum(reversal.amount_nano) from transfer as reversal where reversal.reverses = transfer.id), 0) as left
  from transfer where organization_id = ? and kind in ('grant', 'top-up') and credit_account = ? order by id desc`

/** Prepares taking credit back, once per idempotency key; see `Store.revokeCredit`. */
export function prepareRevokeCredit(
  db: Database,
  { ledger, audit }: { readonly ledger: Ledger; readonly audit: Audit },
  clock: Clock,
): (ask: RevocationAsk, actor: Actor) => RevocationAnswer {
  const moneyIn = db.prepare<MoneyIn, [string, string]>(selectMoneyIn)
  const revoke = db.transaction((ask: RevocationAsk, actor: Actor): RevocationAnswer => {
    assert(ask.amountNano > 0n, 'a revocation is above zero')
    const revocableNano = greater(0n, ledger.availableNano(ask.organizationId, ask.mode))
    const before = reversalsUnder(ledger, ask)
    if (before.length > 0) return { reversals: before }
    if (ask.amountNano > revocableNano) return { reversals: null, revocableNano }
    const changes: AccountChanges = new Map()
    for (const part of partsOf(ask, moneyIn.iterate(ask.organizationId, creditOf(ask.organizationId, ask.mode))))
      ledger.post(changes, { ...part, at: clock.now() })
    ledger.writeAccounts(changes)
    const reversals = reversalsUnder(ledger, ask)
    audit.write(noteOf(ask, reversals, actor))
    return { reversals }
  })
  return (ask, actor) => revoke.immediate(ask, actor)
}

const noteOf = ({ organizationId, mode, amountNano, note }: RevocationAsk, reversals: Transfer[], actor: Actor) => ({
  actor,
  action: 'credit.revoked',
  organizationId,
  subject: organizationId,
  before: null,
  after: { mode, amountNano: amountNano.toString(), note, transfers: reversals.map(({ id }) => id) },
})

/** The reversals that come to what is asked for: of the newest money first, and of none more than is left of it. */
function partsOf(ask: RevocationAsk, moneyIn: Iterable<MoneyIn>): Omit<Posting, 'at'>[] {
  const { organizationId, mode, idempotencyKey, note } = ask
  const parts: Omit<Posting, 'at'>[] = []
  let toGoNano = ask.amountNano
  for (const { id, debit_account: creditAccount, left } of moneyIn) {
    const amountNano = lesser(left, toGoNano)
    if (amountNano > 0n)
      parts.push({
        idempotencyKey: partKey(idempotencyKey, parts.length + 1),
        kind: 'reversal',
        organizationId,
        mode,
        debitAccount: creditOf(organizationId, mode),
        creditAccount,
        amountNano,
        note,
        reverses: Number(id),
      })
    toGoNano -= amountNano
    if (toGoNano === 0n) return parts
  }
  throw new Error(`${organizationId} has ${toGoNano} nano-USD more than ever came in`)
}

/** One revocation may be several reversals. No key is another's part: what stands behind the last # is the part alone. */
const partKey = (idempotencyKey: string, part: number): string => `${idempotencyKey}#${part}`

/** What was revoked under this key before; none when nothing was. Throws `idempotency-conflict`. */
function reversalsUnder(ledger: Ledger, ask: RevocationAsk): Transfer[] {
  const found: Transfer[] = []
  for (;;) {
    const part = ledger.find('reversal', partKey(ask.idempotencyKey, found.length + 1))
    if (part === null) break
    found.push(part)
  }
  const amountNano = found.reduce((total, part) => total + part.amountNano, 0n)
  const isSame = found.every(({ debitAccount }) => debitAccount === creditOf(ask.organizationId, ask.mode))
  if (found.length > 0 && (amountNano !== ask.amountNano || !isSame))
    throw new StoreRefusal(
      'idempotency-conflict',
      `the idempotency key ${ask.idempotencyKey} was used for another revocation`,
    )
  return found
}
