/** An attacker as a process of its own: `run-attack.ts NAME {"port","key","ms"}` attacks for so long, and prints what it came to as one line of JSON. */
import { bodies } from './bodies.ts'
import { connections } from './connections.ts'
import { streams } from './streams.ts'
import { upstreams } from './upstreams.ts'
import type { Attack } from './target.ts'

const attacks: Readonly<Record<string, Attack>> = { ...bodies, ...connections, ...streams, ...upstreams }

const [name = '', target = '{}'] = process.argv.slice(2)
const { port, key, ms } = JSON.parse(target) as { port: number; key: string; ms: number }
const attack = attacks[name]
if (!attack) throw new Error(`no attack is called ${name}; there are ${Object.keys(attacks).join(', ')}`)

let [isBegun, isOver] = [false, false]
const over = Promise.withResolvers<void>()
const end = (): void => {
  isOver = true
  over.resolve()
}
const begin = (): void => {
  if (!isBegun) setTimeout(end, ms)
  isBegun = true
}
const done = await attack({ port, key, begin, isOver: () => isOver, over: over.promise })
process.stdout.write(`${JSON.stringify({ done })}\n`, () => process.exit(0))
