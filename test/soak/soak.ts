/**
 * A soak: good and bad clients together for minutes on end, beside a sandbox and a provider that count by themselves.
 * Afterwards every charge must be in their counts, once, and memory must not have grown.
 */
import type { Program } from '../support/program.ts'
import { startBadClients } from './bad-clients.ts'
import { booksFaults, startCounting } from './books.ts'
import { startGoodClients } from './good-clients.ts'
import { inWords, memoryFaults, slopeOf } from './memory.ts'
import { startSampling, type Sample } from './samples.ts'
import { openWorld, type World } from './world.ts'

export type Soaked = {
  /** What is wrong, in words; empty when all is well. */
  readonly faults: readonly string[]
  /** What was measured, by its name. */
  readonly figures: Readonly<Record<string, string | number>>
}

export type SoakOptions = {
  readonly ms: number
  /** Ends it early. */
  readonly signal: AbortSignal
  readonly told?: (sample: Sample) => void
}

/** Runs for so long, drains and judges. Leaves nothing behind. */
export async function soak({ ms, signal, told = () => undefined }: SoakOptions): Promise<Soaked> {
  const world = await openWorld()
  try {
    const samples = await run(world, ms, signal, told)
    const { faults, figures } = await booksFaults(world, samples.counted, samples.shots)
    return {
      faults: [...faults, ...memoryFaults(samples.samples)],
      figures: {
        ...samples.figures,
        ...figures,
        'RSS slope over the last two thirds': inWords(slopeOf(samples.samples)),
      },
    }
  } finally {
    await world.close()
  }
}

async function run(world: World, ms: number, signal: AbortSignal, told: (sample: Sample) => void) {
  const counting = startCounting(world)
  const sampling = startSampling(world, told)
  const good = startGoodClients(world)
  const bad = startBadClients(world)
  await endOf(ms, signal, [world.sandbox, world.provider])
  await Promise.all([good.stop(), bad.stop()])
  const [sampled, counted] = [await sampling.stop(), await counting.stop()]
  return {
    counted,
    shots: good.shots,
    samples: sampled.samples,
    figures: { ...good.figures(), ...bad.figures(), ...sampled.figures },
  }
}

/** When its time is up, or somebody ends it, or a judge has died. */
async function endOf(ms: number, signal: AbortSignal, judges: readonly Program[]): Promise<void> {
  const until = performance.now() + ms
  while (performance.now() < until && !signal.aborted) {
    if (judges.some((judge) => judge.hasEnded())) throw new Error('a sandbox has ended, so nobody counts any more')
    await Bun.sleep(200)
  }
}
