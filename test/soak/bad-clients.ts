/** Clients that mean ill: the attacks of `test/support/attack`, one after the other, each a process of its own. */
import { attackers } from '../support/attack/attackers.ts'
import type { World } from './world.ts'

export type BadClients = {
  readonly figures: () => Readonly<Record<string, number>>
  readonly stop: () => Promise<void>
}

const attacks = [
  'garbage',
  'wrong-keys',
  'pipelining-16',
  'broken-json',
  'left-streams',
  'half-open',
  'compressed-bombs',
  'unread-answers',
  'chunk-extensions',
  'ahead-paid',
  'many-objects',
  'slow-heads',
] as const
/** Short, so that each has had its turn between two rests. */
const attackMs = 500
const pauseMs = 1_000
/** In each minute they rest for a while, so that what memory falls back to can be seen. */
const restFromMs = 35_000

export function startBadClients({ server, attacker }: World): BadClients {
  const port = Number(new URL(server.baseUrl).port)
  let [made, isStopped] = [0, false]
  const startedMs = performance.now()
  const isResting = (): boolean => (performance.now() - startedMs) % 60_000 > restFromMs
  const work = async (): Promise<void> => {
    while (!isStopped) {
      if (isResting()) {
        await Bun.sleep(pauseMs)
        continue
      }
      await attackers.attack(attacks[made % attacks.length]!, { port, key: attacker.key, ms: attackMs })
      made += 1
      await Bun.sleep(pauseMs)
    }
  }
  const ended = work()
  return {
    figures: () => ({ attacks: made }),
    async stop() {
      isStopped = true
      await ended
    },
  }
}
