/** What is looked at while a soak goes on: memory, connections, requests under way, and what somebody else waits. */
import { existsSync, readdirSync } from 'node:fs'
import { attackers } from '../support/attack/attackers.ts'
import { processes } from '../faults/process-support.ts'
import type { MemorySample } from './memory.ts'
import type { World } from './world.ts'

export type Sample = MemorySample & {
  /** Files that are open, connections with them; null where the system does not tell. */
  readonly open: number | null
  readonly inFlight: number
}

export type Sampled = {
  readonly samples: readonly Sample[]
  readonly figures: Readonly<Record<string, string | number>>
}

const everyMs = 1_000
const probePauseMs = 50

export function startSampling(world: World, told: (sample: Sample) => void) {
  const samples: Sample[] = []
  const startedMs = performance.now()
  const probe = attackers.probe(world.server, world.probe.key, probePauseMs)
  let isStopped = false
  const work = async (): Promise<void> => {
    while (!isStopped) {
      const sample = await sampleOf(world, (performance.now() - startedMs) / 60_000)
      samples.push(sample)
      told(sample)
      await Bun.sleep(everyMs)
    }
  }
  const ended = work()
  return {
    async stop(): Promise<Sampled> {
      isStopped = true
      await ended
      const { times, p50, p99, max, worked, failures } = await (await probe).stop()
      const highest = (figure: (sample: Sample) => number | null): number =>
        Math.max(...samples.map((each) => figure(each) ?? 0))
      return {
        samples,
        figures: {
          'RSS at first, at last, at its highest, MiB': [
            samples[0]!.rssMiB,
            samples.at(-1)!.rssMiB,
            highest((s) => s.rssMiB),
          ].join(', '),
          'open files at last, at most': [samples.at(-1)!.open ?? 'unknown', highest((s) => s.open)].join(', '),
          'requests in flight at most': highest((s) => s.inFlight),
          'somebody else waits, p50, p99, max, ms': [p50, p99, max].join(', '),
          'of which the server works, p50, p99, max, ms': [worked.p50, worked.p99, worked.max].join(', '),
          'somebody else is refused': `${failures.length} of ${times}${failures.length > 0 ? `: ${failures[0]}` : ''}`,
        },
      }
    },
  }
}

async function sampleOf({ server, metricsUrl }: World, minutes: number): Promise<Sample> {
  const pid = server.pid()
  const text = await (await fetch(metricsUrl)).text()
  const files = `/proc/${pid}/fd`
  return {
    minutes,
    rssMiB: Math.round(processes().find((each) => each.pid === pid)!.rssKb / 1024),
    open: existsSync(files) ? readdirSync(files).length : null,
    inFlight: Number(/^mart_requests_in_flight (\d+)/m.exec(text)?.[1] ?? 0),
  }
}
