/** What this start prints: by what it serves, and whether there is a live key yet. */
import { resolve } from 'node:path'
import type { Model } from './catalog/catalog.ts'
import type { Config } from './config.ts'
import type { Seeded } from './control/start/first-run.ts'
import { firstLiveKeyText, firstRunText, martCommand, startText } from './control/start/start-text.ts'
import { isServed } from './gateway/offered.ts'
import type { Clock } from './lib/clock.ts'
import type { Offer } from './offer.ts'

export type Started = {
  readonly config: Readonly<Config>
  readonly url: string
  readonly seeded: Seeded | null
  readonly hasLiveKey: boolean
  readonly offer: Offer
  readonly clock: Clock
}

/** `setupUrl`: where the first operator chooses a password; null once there is one. */
export function startedText(
  { config, url, seeded, hasLiveKey, offer, clock }: Started,
  setupUrl: string | null,
): string {
  const started = { url, setupUrl, mart: martCommand(config.dataDir, resolve(import.meta.dirname, '..')) }
  if (seeded) return firstRunText({ ...started, ...seeded })
  if (offer.simulated || hasLiveKey) return startText({ ...started, simulated: offer.simulated })
  const { catalog, keyDefaults, fleet } = offer
  const isCallable = (model: Model): boolean =>
    model.kind === 'text' && isServed(model, keyDefaults.region, 'live', { fleet, clock })
  return firstLiveKeyText({ ...started, model: catalog.listed.find(isCallable) ?? null })
}
