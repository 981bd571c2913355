/** Killed by `process-reservations.test.ts` at whatever it is doing; says what it has promised, a line each. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openReservingNode } from './reserving-node.ts'

const [dataDir, run] = process.argv.slice(2) as [string, string]
const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const node = await openReservingNode(dataDir, (requestId) => say(`ended ${requestId}`))

async function reserveForEver(worker: number): Promise<void> {
  for (let job = worker; ; job += 3) {
    const requestId = `r${run}-${job}`
    await node.reserve(requestId)
    say(`reserved ${requestId}`)
    await sleep(2)
  }
}
for (const worker of [0, 1, 2]) void reserveForEver(worker)
for (;;) {
  await node.poller.tick()
  await sleep(15)
}
