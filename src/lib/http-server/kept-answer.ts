import type { HttpAnswer } from './contract.ts'
import { takenBytes } from './taken-bytes.ts'

/** An answer that keeps memory until its client has taken all of it, or is gone. */
export class KeptAnswer {
  #answer: HttpAnswer | null = null
  /** Of the connection, as of the last look; undefined while nobody waits for the memory. */
  #takenBytes: number | null | undefined = undefined
  #movedAt = Number.NEGATIVE_INFINITY

  keep(answer: HttpAnswer): void {
    this.#answer = answer
  }

  release(): void {
    const answer = this.#answer
    this.#answer = null
    this.#takenBytes = undefined
    answer?.released?.()
  }

  /** Whether its client has taken nothing of it for longer than those have patience who wait for its memory, since they do. `since`: when the socket last took something. */
  isOverdue(socket: object, since: number, now: number): boolean {
    const patienceMs = this.#answer?.patienceMs?.() ?? null
    const taken = patienceMs === null ? undefined : takenBytes(socket)
    if (taken !== this.#takenBytes) this.#movedAt = now
    this.#takenBytes = taken
    return patienceMs !== null && now - Math.max(since, this.#movedAt) > patienceMs
  }
}
