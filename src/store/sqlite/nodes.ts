/** Nodes: a name keeps its id and its sequence for ever; every opening fences the epochs before it. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type ApplyResult, type JournalBatch } from '../store.ts'

type NodeRow = { id: bigint; epoch: bigint; ended_epoch: bigint; last_seq: bigint }

const insertOrReopen = `
  insert into node (name, epoch) values (?, 1) on conflict (name) do update set epoch = epoch + 1
  returning id, epoch, ended_epoch, last_seq`
const compareAndSet = 'update node set last_seq = ? where id = ? and epoch = ? and last_seq = ?'
const selectNode = 'select id, epoch, ended_epoch, last_seq from node where id = ?'
const endEpoch = 'update node set ended_epoch = max(ended_epoch, ?) where id = ?'

export type Nodes = ReturnType<typeof prepareNodes>

/** Prepares the node statements on a connection. */
export function prepareNodes(db: Database) {
  const openRow = db.prepare<NodeRow, [string]>(insertOrReopen)
  const advance = db.prepare<unknown, [number, number, number, number]>(compareAndSet)
  const nodeRow = db.prepare<NodeRow, [number]>(selectNode)
  const end = db.prepare<unknown, [number, number]>(endEpoch)

  return {
    open(name: string): { nodeId: number; epoch: number; lastSeq: number } {
      const row = openRow.get(name)!
      return { nodeId: Number(row.id), epoch: Number(row.epoch), lastSeq: Number(row.last_seq) }
    },
    /** Claims the batch's run of sequence numbers: this is what makes applying it exactly once. */
    advance(batch: JournalBatch): ApplyResult {
      const { nodeId, epoch, fromSeq, toSeq } = batch
      if (advance.run(toSeq, nodeId, epoch, fromSeq).changes === 1) return { applied: true, lastSeq: toSeq }
      return { applied: false, lastSeq: Number(current(nodeRow.get(nodeId), nodeId, epoch).last_seq) }
    },
    /** Throws `node-fenced` unless the epoch is the node's newest and has not ended. */
    assertMayLease(nodeId: number, epoch: number): void {
      const row = current(nodeRow.get(nodeId), nodeId, epoch)
      if (row.ended_epoch >= epoch) throw new StoreRefusal('node-fenced', `node ${nodeId} has ended its epoch ${epoch}`)
    },
    endEpoch: (nodeId: number, epoch: number): unknown => end.run(epoch, nodeId),
  }
}

function current(row: NodeRow | null, nodeId: number, epoch: number): NodeRow {
  if (!row) throw new StoreRefusal('node-fenced', `there is no node ${nodeId}: open it first`)
  if (Number(row.epoch) !== epoch)
    throw new StoreRefusal('node-fenced', `node ${nodeId} is at epoch ${row.epoch}, not ${epoch}`)
  return row
}
