/** The pages that anybody may read, made of what is offered now: the welcome page and the API reference. */
import type { Model } from './catalog/catalog.ts'
import { modeOr } from './control/admin/mode-input.ts'
import { modelPrices } from './control/model-prices.ts'
import { welcomePage, welcomePolicy } from './control/welcome/welcome.ts'
import { isDeployed, isServed, isShutDown } from './gateway/offered.ts'
import type { Clock } from './lib/clock.ts'
import { htmlAnswer, type HttpAnswer } from './lib/http-server/contract.ts'
import type { Offer } from './offer.ts'
import type { Facts } from './reference/facts.ts'
import { createReference, type Reference } from './reference/reference.ts'

type Reader = {
  /** Where they reached this server. */
  readonly baseUrl: string
  /** Whether their browser has a session, as far as one can tell without asking. */
  readonly hasSession: boolean
}

/** What stands at a path for a reader; null where there is no page. */
export type PublicPages = (path: string, reader: Reader) => HttpAnswer | null

export function publicPages(offer: () => Offer, clock: Clock): PublicPages {
  // Made anew when what is offered changes.
  const references = new WeakMap<Offer, Reference>()
  const referenceOf = (offer: Offer): Reference => {
    const reference = references.get(offer) ?? createReference(factsOf(offer, clock))
    references.set(offer, reference)
    return reference
  }
  return (path, reader) =>
    path === '/'
      ? htmlAnswer(welcome(reader, offer(), clock), welcomePolicy)
      : referenceOf(offer()).answerAt(path, reader.baseUrl)
}

function welcome(reader: Reader, offer: Offer, clock: Clock): string {
  const { prices, simulated } = offer
  const models = modelPrices({ listed: servedModels(offer, clock) }, prices, clock.now())
  return welcomePage({ ...reader, models, simulated })
}

/** What is served in some region, to keys of the mode that the installation is for. */
function servedModels({ catalog, fleet, simulated }: Offer, clock: Clock): readonly Model[] {
  const mode = modeOr(undefined, { simulated })
  const policies = Object.keys(fleet.policies)
  return catalog.listed.filter((model) => policies.some((policy) => isServed(model, policy, mode, { fleet, clock })))
}

/** What the reference describes: what is served, and where all is simulated also what its vendor has shut down, so that every example can be tried. */
function describedModels(offer: Offer, clock: Clock): readonly Model[] {
  const { catalog, fleet, simulated } = offer
  if (!simulated) return servedModels(offer, clock)
  const policies = Object.keys(fleet.policies)
  return catalog.listed.filter((model) => policies.some((policy) => isDeployed(model, policy, 'test', fleet)))
}

function factsOf(offer: Offer, clock: Clock): Facts {
  const { prices, fleet } = offer
  const described = describedModels(offer, clock)
  const byId = new Map(described.map((model) => [model.id, model]))
  return {
    models: modelPrices({ listed: described }, prices, clock.now()).map((price) => {
      const model = byId.get(price.id)!
      const { contextTokens, outputTokensMax, lifecycle } = model
      return { ...price, contextTokens, outputTokensMax, lifecycle, isShutDown: isShutDown(model, clock.now()) }
    }),
    priceOf: (model) => prices.priceOf(model, clock.now()),
    regions: Object.entries(fleet.policies).map(([name, { serves }]) => ({ name, serves })),
  }
}
