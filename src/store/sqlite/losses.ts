/** Journal records that nobody can read any more: the node goes on behind them, and `verifyLedger` names them until an operator accepts them. */
import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Actor, JournalLoss } from '../store.ts'
import type { Audit } from './audit.ts'
import type { Nodes } from './nodes.ts'

const insertOnce = `
  insert into journal_loss (node_id, after_seq, to_seq, detail, at) values (?, ?, ?, ?, ?)
  on conflict (node_id, after_seq, to_seq, detail) do nothing`
const goOnBehind = 'update node set last_seq = max(last_seq, ?) where id = ?'
const accept = 'update journal_loss set accepted_at = ? where accepted_at is null'

const ofLedger = { action: 'losses.accepted', organizationId: null, subject: 'ledger', before: null }

/** Prepares the statements on a connection; see `Store.recordLoss` and `Store.acceptLosses`. */
export function prepareLosses(
  db: Database,
  { nodes, audit }: { readonly nodes: Nodes; readonly audit: Audit },
  clock: Clock,
) {
  const insert = db.prepare<unknown, [number, number, number, string, number]>(insertOnce)
  const advance = db.prepare<unknown, [number, number]>(goOnBehind)
  const acceptAll = db.prepare<unknown, [number]>(accept)
  const record = db.transaction(({ nodeId, epoch, afterSeq, toSeq, detail }: JournalLoss): number => {
    const lastSeq = nodes.lastSeq(nodeId, epoch)
    assert(
      lastSeq >= afterSeq,
      `what is lost behind record ${afterSeq} of node ${nodeId} comes too early: it is at ${lastSeq}`,
    )
    insert.run(nodeId, afterSeq, toSeq, detail, clock.now())
    advance.run(toSeq, nodeId)
    return Math.max(lastSeq, toSeq)
  })
  const acceptAs = db.transaction((actor: Actor): number => {
    const accepted = acceptAll.run(clock.now()).changes
    if (accepted > 0) audit.write({ ...ofLedger, actor, after: { accepted } })
    return accepted
  })
  return {
    record: (loss: JournalLoss): number => record.immediate(loss),
    accept: (actor: Actor): number => acceptAs.immediate(actor),
  }
}
