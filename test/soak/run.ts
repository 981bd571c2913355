/** `npm run soak -- --minutes N`: a soak of so many minutes (30), its figures as a table, and PASS or FAIL. ^C ends it early, with a verdict. */
import { parseArgs } from 'node:util'
import type { Sample } from './samples.ts'
import { soak } from './soak.ts'

const minutesMax = 24 * 60
const faultsShown = 20

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function minutesAsked(): number {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } })
  const minutes = Number(values.minutes)
  if (minutes > 0 && minutes <= minutesMax) return minutes
  throw new RangeError(`--minutes: ${values.minutes}; allowed: a number above 0, at most ${minutesMax}`)
}

/** One line each half minute. */
function teller(): (sample: Sample) => void {
  let told = -1
  return ({ minutes, rssMiB, open, inFlight }) => {
    if (Math.floor(minutes * 2) === told) return
    told = Math.floor(minutes * 2)
    print(`${minutes.toFixed(1)} min: RSS ${rssMiB} MiB, ${open ?? '?'} open files, ${inFlight} requests in flight`)
  }
}

async function main(): Promise<number> {
  const minutes = minutesAsked()
  const stopping = new AbortController()
  process.once('SIGINT', () => {
    print('ending early; again to end at once')
    process.once('SIGINT', () => process.exit(130))
    stopping.abort()
  })
  process.once('SIGTERM', () => stopping.abort())
  const { faults, figures } = await soak({
    ms: minutes * 60_000,
    signal: stopping.signal,
    told: teller(),
  })
  const width = Math.max(...Object.keys(figures).map((name) => name.length))
  for (const [name, figure] of Object.entries(figures)) print(`${name.padEnd(width)}  ${figure}`)
  for (const fault of faults.slice(0, faultsShown)) print(`fault: ${fault}`)
  if (faults.length > faultsShown) print(`and ${faults.length - faultsShown} more`)
  print(faults.length === 0 ? 'PASS' : `FAIL: ${faults.length} faults`)
  return faults.length === 0 ? 0 : 1
}

try {
  process.exit(await main())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(2)
}
