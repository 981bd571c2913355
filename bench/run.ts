/** `npm run bench -- <lane>`: measures a lane against a baseline in the same run and prints the ratio. */
import { affinity } from './affinity.ts'
import { chat } from './chat.ts'
import { dashboards } from './dashboards.ts'
import { failover } from './failover.ts'
import { large } from './large.ts'
import { reports } from './reports.ts'
import { stream } from './stream.ts'

const lanes: Readonly<Record<string, () => Promise<void>>> = {
  chat,
  stream,
  failover,
  affinity,
  large,
  reports,
  dashboards,
}
const name = process.argv[2] ?? ''
const lane = lanes[name]
if (!lane) {
  process.stderr.write(`usage: npm run bench -- <lane>; lanes: ${Object.keys(lanes).join(', ')}\n`)
  process.exit(2)
}
await lane()
process.exit(0)
