/** What of `mart.yaml` a server reads when it starts and at no other time. */
import { isSameConfig } from './load.ts'
import type { MartFile } from './resolve.ts'

/** Whoever adds a section says here when it takes effect. */
const takesEffect: Readonly<Record<keyof MartFile, 'at-once' | 'at-start'>> = {
  providers: 'at-once',
  models: 'at-once',
  deployments: 'at-once',
  regions: 'at-once',
  defaults: 'at-once',
  holds: 'at-once',
  memory: 'at-once',
  failover: 'at-once',
  deadlines: 'at-once',
  drain: 'at-once',
  idempotency: 'at-once',
  priceBook: 'at-once',
  aliases: 'at-once',
  lifecycle: 'at-once',
  metrics: 'at-start',
  tracing: 'at-start',
  server: 'at-once',
  people: 'at-start',
  webhooks: 'at-once',
  cors: 'at-once',
  log: 'at-start',
}

/** All sections, in the order of the file. */
export const sections = Object.keys(takesEffect) as readonly (keyof MartFile)[]

/** The sections that are read at a start only, in the order of the file. */
export const sectionsReadAtStart = sections.filter((section) => takesEffect[section] === 'at-start')

/** Settings in which a file differs from the one that the server was started with and which wait for another start, such as `metrics.port`. */
export const waitingForRestart = (started: MartFile, file: MartFile): readonly string[] =>
  sectionsReadAtStart.flatMap((section) => {
    const [before, now] = [started[section], file[section]] as [Record<string, unknown>, Record<string, unknown>]
    return [...new Set([...Object.keys(before), ...Object.keys(now)])]
      .filter((name) => !isSameConfig(before[name], now[name]))
      .map((name) => `${section}.${name}`)
  })
