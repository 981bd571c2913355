/** The pages that anybody may read, made of what is offered now: the welcome page and the API reference. */
import type { Model } from './catalog/catalog.ts'
import { modeOr } from './control/mode-input.ts'
import { modelPrices } from './control/model-prices.ts'
import { welcomePage, welcomePolicy } from './control/welcome.ts'
import { isServed } from './gateway/offered.ts'
import type { Clock } from './lib/clock.ts'
import { htmlAnswer, type HttpAnswer } from './lib/http-server/contract.ts'
import type { Offer } from './offer.ts'
import type { Facts } from './reference/facts.ts'
import { createReference, type Reference } from './reference/reference.ts'

/** What stands at a path, for a reader who reached this server at an address; null where there is no page. */
export type PublicPages = (path: string, baseUrl: string) => HttpAnswer | null

export function publicPages(offer: () => Offer, clock: Clock): PublicPages {
  // Made anew when what is offered changes.
  const references = new WeakMap<Offer, Reference>()
  const referenceOf = (offer: Offer): Reference => {
    const reference = references.get(offer) ?? createReference(factsOf(offer, clock))
    references.set(offer, reference)
    return reference
  }
  return (path, baseUrl) =>
    path === '/'
      ? htmlAnswer(welcome(baseUrl, offer(), clock), welcomePolicy)
      : referenceOf(offer()).answerAt(path, baseUrl)
}

function welcome(baseUrl: string, offer: Offer, clock: Clock): string {
  const { prices, simulated } = offer
  const models = modelPrices({ listed: servedModels(offer, clock) }, prices, clock.now())
  return welcomePage({ baseUrl, models, simulated })
}

/** What is served in some region, to keys of the mode that the installation is for. */
function servedModels({ catalog, fleet, simulated }: Offer, clock: Clock): readonly Model[] {
  const mode = modeOr(undefined, { simulated })
  const policies = Object.keys(fleet.policies)
  return catalog.listed.filter((model) => policies.some((policy) => isServed(model, policy, mode, { fleet, clock })))
}

function factsOf(offer: Offer, clock: Clock): Facts {
  const { prices, fleet } = offer
  const served = servedModels(offer, clock)
  const byId = new Map(served.map((model) => [model.id, model]))
  return {
    models: modelPrices({ listed: served }, prices, clock.now()).map((price) => {
      const { contextTokens, outputTokensMax, lifecycle } = byId.get(price.id)!
      return { ...price, contextTokens, outputTokensMax, lifecycle }
    }),
    priceOf: (model) => prices.priceOf(model, clock.now()),
    regions: Object.entries(fleet.policies).map(([name, { serves }]) => ({ name, serves })),
  }
}
