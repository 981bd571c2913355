/** Proves the ledger once a day and when asked, by the store's reading thread, and keeps what came of it over restarts. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { inBackground, type Log } from '../lib/log.ts'
import { makePrivate } from '../lib/private-file.ts'
import type { Store } from '../store/store.ts'

/** `at`: epoch ms, when it began. */
const VerificationData = z.strictObject({
  at: z.int(),
  ms: z.number(),
  checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
})
export type Verification = Readonly<z.infer<typeof VerificationData>>

export type LedgerVerifier = {
  /** null: never yet. */
  readonly last: () => Verification | null
  readonly isRunning: () => boolean
  /** Verifies now, or waits for the one that is under way. */
  readonly verify: () => Promise<Verification>
  readonly stop: () => void
}

export type VerifierDeps = {
  readonly store: Pick<Store, 'verifyLedger'>
  /** Brings everything journaled so far into the store. */
  readonly ship: () => Promise<void>
  /** Where the last result is kept. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
}

const dayMs = 24 * 60 * 60_000
const lookMs = 60 * 60_000

/** Begins an hour after the start, so that one that is started often is not kept busy. */
export function startVerifyingLedger(deps: VerifierDeps): LedgerVerifier {
  const { clock, log } = deps
  let last = read(deps.path)
  let running: Promise<Verification> | null = null
  const verifyOnce = async (): Promise<Verification> => {
    try {
      last = await prove(deps)
      return last
    } finally {
      running = null
    }
  }
  const verify = (): Promise<Verification> => (running ??= verifyOnce())
  const timer = setInterval(() => {
    if (last === null || clock.now() - last.at >= dayMs)
      inBackground(log, 'verify-ledger', async () => void (await verify()))
  }, lookMs)
  return { last: () => last, isRunning: () => running !== null, verify, stop: () => clearInterval(timer) }
}

async function prove({ store, ship, path, clock, log }: VerifierDeps): Promise<Verification> {
  const at = clock.now()
  const startedAt = clock.monotonic()
  await ship()
  const checks = await store.verifyLedger()
  const result = { at, ms: Math.round(clock.monotonic() - startedAt), checks }
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name)
  if (failed.length > 0) log.error({ event: 'ledger-does-not-add-up', checks: failed })
  keep(path, result, log)
  return result
}

/** What cannot be kept is known until the next start. */
function keep(path: string, result: Verification, log: Log): void {
  const next = `${path}.next`
  try {
    makePrivate(next)
    writeFileSync(next, `${JSON.stringify(result)}\n`)
    renameSync(next, path)
  } catch (error) {
    log.error({ event: 'verification-not-kept', error })
  }
}

/** null where there is none that can be read: the next one takes its place. */
function read(path: string): Verification | null {
  try {
    return VerificationData.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}
