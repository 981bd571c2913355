/** Journal records that nobody can read any more: the node goes on behind them, and `verifyLedger` names them until an operator accepts them. */
import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import type { Clock } from '../../lib/clock.ts'
import type { JournalLoss } from '../store.ts'
import type { Nodes } from './nodes.ts'

const insertOnce = `
  insert into journal_loss (node_id, after_seq, to_seq, detail, at) values (?, ?, ?, ?, ?)
  on conflict (node_id, after_seq, to_seq, detail) do nothing`
const goOnBehind = 'update node set last_seq = max(last_seq, ?) where id = ?'
const accept = 'update journal_loss set accepted_at = ? where accepted_at is null'

/** Prepares the statements on a connection; see `Store.recordLoss` and `Store.acceptLosses`. */
export function prepareLosses(db: Database, nodes: Nodes, clock: Clock) {
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
  return {
    record: (loss: JournalLoss): number => record.immediate(loss),
    accept: (): number => acceptAll.run(clock.now()).changes,
  }
}
