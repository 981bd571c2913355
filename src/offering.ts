/** The offer of a running gateway: what its configuration file says now. */
import {
  settingsInForce,
  watchConfig,
  type Both,
  type Config,
  type Environment,
  type EnvironmentSetting,
  type FileWatch,
  type Setting,
} from './config.ts'
import type { Log } from './lib/log.ts'
import { pricesSchema } from './money/price-book-data.ts'
import { createOffer, type Offer, type OfferDeps } from './offer.ts'

export type Offering = {
  readonly current: () => Offer
  /** What is made of the current offer: once of each, so that whoever keeps it keeps one offer. */
  readonly madeOf: <Made>(make: (offer: Offer) => Made) => () => Made
  /** An object whose members are the current offer's at every look. */
  readonly live: () => Offer
  /** Reads the configuration file again. */
  readonly reload: FileWatch['reload']
  /** The configuration as it is in force. */
  readonly configuration: () => Configuration
  readonly close: () => void
}

/** `needRestart`: settings that the file has changed since the start, and that wait for another. */
export type Configuration = {
  /** Absolute; null: there is no file, and these are the defaults. */
  readonly file: string | null
  readonly environment: readonly EnvironmentSetting[]
  readonly settings: readonly Setting[]
  readonly needRestart: readonly string[]
}

type OfferingDeps = OfferDeps & { readonly log: Log; readonly env: Environment }

/** Builds the offer, and builds it anew whenever the file changes. A file that is refused leaves it as it is and is logged. Throws `ConfigError`. */
export function startOffering(config: Config, deps: OfferingDeps): Offering {
  let offer = createOffer(config, deps)
  const started = { path: config.martFile, file: config, written: config.written }
  let inForce: { readonly read: Both; readonly needRestart: readonly string[] } = { read: started, needRestart: [] }
  const { reload, close } = watchConfig(config, deps.env, pricesSchema, {
    onChange(read, needRestart) {
      offer = createOffer(read.file, deps, offer)
      inForce = { read, needRestart }
      deps.log.info({ event: 'config-changed', deployments: offer.fleet.list.length })
      if (needRestart.length > 0) deps.log.info({ event: 'config-needs-restart', settings: needRestart })
    },
    onGoodAgain: () => deps.log.info({ event: 'config-good-again' }),
    onRefused: (reason) => deps.log.error({ event: 'config-refused', reason }),
  })
  const current = (): Offer => offer
  return {
    current,
    madeOf: (make) => onceOfEach(current, make),
    live: () => liveOf(current),
    reload,
    configuration: () => ({
      file: inForce.read.path,
      environment: config.environment,
      settings: settingsInForce(started, inForce.read),
      needRestart: inForce.needRestart,
    }),
    close,
  }
}

function onceOfEach<Made>(current: () => Offer, make: (offer: Offer) => Made): () => Made {
  let of = current()
  let made = make(of)
  return () => {
    if (of !== current()) made = make((of = current()))
    return made
  }
}

const liveOf = (offer: () => Offer): Offer => ({
  get catalog() {
    return offer().catalog
  },
  get prices() {
    return offer().prices
  },
  get costs() {
    return offer().costs
  },
  get fleet() {
    return offer().fleet
  },
  get holds() {
    return offer().holds
  },
  get memory() {
    return offer().memory
  },
  get failover() {
    return offer().failover
  },
  get drain() {
    return offer().drain
  },
  get idempotency() {
    return offer().idempotency
  },
  get keyDefaults() {
    return offer().keyDefaults
  },
  get cors() {
    return offer().cors
  },
  get trustsProxy() {
    return offer().trustsProxy
  },
  get server() {
    return offer().server
  },
  get webhookNetworks() {
    return offer().webhookNetworks
  },
  allowsWebhook: (address) => offer().allowsWebhook(address),
  get simulated() {
    return offer().simulated
  },
  deadlinesFor: (kind) => offer().deadlinesFor(kind),
})
