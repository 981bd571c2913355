/** Nodes: a name keeps its id and its sequence for ever; every opening fences the epochs before it. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type ApplyResult, type JournalBatch, type OpenedNode } from '../store.ts'

type NodeRow = { id: bigint; epoch: bigint; ended_epoch: bigint; last_seq: bigint }

const insertOrReopen = `
  insert into node (name, epoch) values (?1, ?2 + 1) on conflict (name) do update set epoch = max(epoch, ?2) + 1
  returning id, epoch, ended_epoch, last_seq`
const compareAndSet = 'update node set last_seq = ? where id = ? and epoch = ? and last_seq = ?'
const selectNode = 'select id, epoch, ended_epoch, last_seq from node where id = ?'
const selectLeased = 'select exists (select 1 from lease where node_id = ?) as leased'
const endEpoch = 'update node set ended_epoch = max(ended_epoch, ?) where id = ?'

export type Nodes = ReturnType<typeof prepareNodes>

/** Prepares the node statements on a connection. */
export function prepareNodes(db: Database) {
  const openRow = db.prepare<NodeRow, [string, number]>(insertOrReopen)
  const advance = db.prepare<unknown, [number, number, number, number]>(compareAndSet)
  const nodeRow = db.prepare<NodeRow, [number]>(selectNode)
  const leased = db.prepare<{ leased: bigint }, [number]>(selectLeased)
  const end = db.prepare<unknown, [number, number]>(endEpoch)

  return {
    open(name: string, aboveEpoch: number): OpenedNode {
      const row = openRow.get(name, aboveEpoch)!
      const nodeId = Number(row.id)
      const hasLeased = leased.get(nodeId)!.leased === 1n
      return { nodeId, epoch: Number(row.epoch), lastSeq: Number(row.last_seq), hasLeased }
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
    /** Throws `node-fenced` unless the epoch is the node's newest. */
    lastSeq: (nodeId: number, epoch: number): number => Number(current(nodeRow.get(nodeId), nodeId, epoch).last_seq),
    endEpoch: (nodeId: number, epoch: number): unknown => end.run(epoch, nodeId),
  }
}

function current(row: NodeRow | null, nodeId: number, epoch: number): NodeRow {
  if (!row) throw new StoreRefusal('node-fenced', `there is no node ${nodeId}: open it first`)
  if (Number(row.epoch) !== epoch)
    throw new StoreRefusal('node-fenced', `node ${nodeId} is at epoch ${row.epoch}, not ${epoch}`)
  return row
}
