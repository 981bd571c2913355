/**
 * A process that asks for something small every 20 ms until it is told to end, and says in one line of JSON what it
 * waited: `PROBE_URL` is what it asks for. One question is under way at a time; those that had to wait for it are
 * counted with the rest of its time, as if they had been asked.
 */
import { performance } from 'node:perf_hooks'

const everyMs = 20
const url = new URL(process.env['PROBE_URL']!)
const question = `GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`

const waits: number[] = []
let askedAt: number | null = null

const socket = await Bun.connect({
  hostname: url.hostname,
  port: Number(url.port),
  socket: {
    // The answer is shorter than a packet.
    data() {
      if (askedAt === null) return
      for (let wait = performance.now() - askedAt; wait > 0; wait -= everyMs) waits.push(wait)
      askedAt = null
    },
  },
})
setInterval(() => {
  if (askedAt !== null) return
  askedAt = performance.now()
  socket.write(question)
}, everyMs)

process.on('SIGTERM', () => {
  waits.sort((a, b) => a - b)
  const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0
  process.stdout.write(`${JSON.stringify({ many: waits.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) })}\n`)
  process.exit(0)
})
console.log('asking')
