/**
 * All deployments, and which of them a call goes to. Lists are made once per configuration; choosing
 * reads a few of them and allocates nothing, so that it costs the same for one deployment and for a hundred.
 */
import { mixedHash, textHash } from '../lib/text-hash.ts'
import type { Mode } from '../store/store.ts'
import type { Deployment, DialectName, OperationName } from './deployment.ts'
import { Health } from './health.ts'

/** A deployment with what is known of it now. */
export type Candidate = { readonly deployment: Deployment; readonly health: Health; readonly hash: number }

/** The deployments that may serve a model under a region policy in a mode, in the order of their priorities; weights are relative to `weightMax`. */
export type Candidates = {
  readonly list: readonly Candidate[]
  readonly weightMax: number
  readonly pricePpmMax: bigint
  /** The most output tokens of one answer at any of them; infinite when one has no limit but the model's. */
  readonly outputTokensMax: number
}

export type RegionPolicy = {
  /** Regions of deployments that may serve; requests never leave them. */
  readonly serves: readonly string[]
  /** Policies that a client may choose instead, for a request. */
  readonly mayChoose: readonly string[]
}
export type RegionPolicies = Readonly<Record<string, RegionPolicy>>

export type Fleet = {
  readonly list: readonly Candidate[]
  readonly policies: RegionPolicies
  /** Who may serve a call under a policy: what is simulated serves test keys alone, and alone serves them. null when nobody may. */
  readonly serving: (wanted: Wanted, policy: string, mode: Mode) => Candidates | null
  /** A deployment of each account under a policy that serves an operation which is for no model. null when there is none. */
  readonly accounts: (wanted: Nameless, policy: string, mode: Mode) => Candidates | null
  /** Those of one account: for a model all that serve it; else the one that is named, or another where it is gone. null when there is none. */
  readonly at: (account: Account, wanted: Wanted | Nameless, mode: Mode) => Candidates | null
}

/** An account at a provider, and the deployment that made what is asked for. */
export type Account = Pick<Deployment, 'provider' | 'region'> & { readonly deployment: string }

/** What is asked of which model. */
export type Wanted = {
  readonly model: { readonly id: string; readonly dialect: DialectName }
  readonly operation: { readonly name: OperationName }
}

/** What is asked where no model is named. */
export type Nameless = {
  readonly model: null
  readonly operation: { readonly name: OperationName; readonly dialect: { readonly name: DialectName } }
}

/** Builds the fleet. What is known of deployments that `before` had as well is kept. */
export function createFleet(
  deployments: readonly Deployment[],
  policies: RegionPolicies,
  before: Pick<Fleet, 'list'> = { list: [] },
): Fleet {
  const healthOf = new Map(before.list.map(({ deployment, health }) => [deployment.id, health]))
  const list = deployments.map((deployment) => ({
    deployment,
    health: healthOf.get(deployment.id) ?? new Health(),
    hash: textHash(deployment.id),
  }))
  type ByModel = Map<string, Candidates | null>
  type ByPolicy = Map<string, Map<OperationName, ByModel>>
  const known: Readonly<Record<Mode, ByPolicy>> = { test: new Map(), live: new Map() }
  const servingIn = (policy: string, wanted: Wanted | Nameless, mode: Mode): readonly Candidate[] => {
    const regions = policies[policy]?.serves ?? []
    return ofMode(list, mode).filter(
      ({ deployment }) => regions.includes(deployment.region) && serves(deployment, wanted),
    )
  }
  return {
    list,
    policies,
    serving(wanted, policy, mode) {
      const { model, operation } = wanted
      const found = known[mode].get(policy)?.get(operation.name)?.get(model.id)
      if (found !== undefined) return found
      const candidates = candidatesOf(servingIn(policy, wanted, mode))
      const byOperation = known[mode].get(policy) ?? new Map<OperationName, ByModel>()
      const byModel = byOperation.get(operation.name) ?? new Map<string, Candidates | null>()
      known[mode].set(policy, byOperation.set(operation.name, byModel.set(model.id, candidates)))
      return candidates
    },
    accounts(wanted, policy, mode) {
      const byAccount = Map.groupBy(
        servingIn(policy, wanted, mode),
        ({ deployment }) => `${deployment.provider} ${deployment.region}`,
      )
      return candidatesOf([...byAccount.values()].map(([first]) => first!))
    },
    at({ provider, region, deployment: maker }, wanted, mode) {
      const there = ofMode(list, mode).filter(
        ({ deployment }) =>
          deployment.provider === provider && deployment.region === region && serves(deployment, wanted),
      )
      if (wanted.model) return candidatesOf(there)
      const one = there.find(({ deployment }) => deployment.id === maker) ?? there[0]
      return one ? candidatesOf([one]) : null
    },
  }
}

const ofMode = (list: readonly Candidate[], mode: Mode): readonly Candidate[] =>
  list.filter(({ deployment }) => deployment.simulated === (mode === 'test'))

/** Those of some candidates whose deployments are of use; null for none. */
export function among(candidates: Candidates, isOfUse: (deployment: Deployment) => boolean): Candidates | null {
  const list = candidates.list.filter(({ deployment }) => isOfUse(deployment))
  return list.length === candidates.list.length ? candidates : candidatesOf(list)
}

function candidatesOf(list: readonly Candidate[]): Candidates | null {
  const fitting = list.toSorted((a, b) => a.deployment.priority - b.deployment.priority)
  if (fitting.length === 0) return null
  const deployments = fitting.map(({ deployment }) => deployment)
  return {
    list: fitting,
    weightMax: Math.max(...deployments.map(({ weight }) => weight)),
    pricePpmMax: deployments.reduce((most, { pricePpm }) => (pricePpm > most ? pricePpm : most), 0n),
    outputTokensMax: Math.max(...deployments.map(({ outputTokensMax }) => outputTokensMax ?? Number.POSITIVE_INFINITY)),
  }
}

function serves({ model, adapter }: Deployment, wanted: Wanted | Nameless): boolean {
  if (!adapter.operations.includes(wanted.operation.name)) return false
  if (wanted.model === null) return adapter.dialects.includes(wanted.operation.dialect.name)
  return adapter.dialects.includes(wanted.model.dialect) && (model === null || model === wanted.model.id)
}

export type Choice = {
  /** What of this call a prompt cache may remember; null when nothing, and the least busy will do. */
  readonly affinity: string | null
  /** About how many input tokens it has. */
  readonly tokens: number
  /** Members that were tried already. */
  readonly tried: readonly Candidate[]
  /** Monotonic ms. */
  readonly now: number
}

/** The candidate that a call should go to now; null when none is left that could take it. */
export function choose(candidates: Candidates, choice: Choice): Candidate | null {
  const { list } = candidates
  for (let from = 0; from < list.length;) {
    const to = tierEnd(list, from)
    const chosen = choice.affinity === null ? leastBusy(candidates, from, to, choice) : bestKept(list, from, to, choice)
    if (chosen) return chosen
    from = to
  }
  return lastResort(list, choice)
}

function tierEnd(list: readonly Candidate[], from: number): number {
  const { priority } = list[from]!.deployment
  let to = from + 1
  while (to < list.length && list[to]!.deployment.priority === priority) to += 1
  return to
}

const isFree = ({ deployment, health }: Candidate, { tokens, now }: Choice): boolean =>
  health.isUsable(deployment, tokens, now)
const canTake = (candidate: Candidate, choice: Choice): boolean =>
  !choice.tried.includes(candidate) && isFree(candidate, choice)

/** The less busy of two drawn by weight: nearly as good as asking all of them, at a constant cost. Where nothing is busy, shares follow the weights. */
function leastBusy(candidates: Candidates, from: number, to: number, choice: Choice): Candidate | null {
  const one = draw(candidates, from, to, choice)
  const other = draw(candidates, from, to, choice)
  if (!one || !other || one === other) return one
  const difference = load(one) - load(other)
  if (difference !== 0) return difference < 0 ? one : other
  return Math.random() < 0.5 ? one : other
}

/** Blind draws before the tier is looked through: enough to meet one that can take the call unless most cannot. */
const drawsMax = 8

/** One of those that can take the call, by chance and weight. */
function draw({ list, weightMax }: Candidates, from: number, to: number, choice: Choice): Candidate | null {
  for (let times = 0; times < drawsMax; times += 1) {
    const candidate = list[from + Math.floor(Math.random() * (to - from))]!
    if (Math.random() * weightMax < candidate.deployment.weight && canTake(candidate, choice)) return candidate
  }
  let drawn: Candidate | null = null
  let weights = 0
  for (let at = from; at < to; at += 1) {
    const candidate = list[at]!
    if (!canTake(candidate, choice)) continue
    weights += candidate.deployment.weight
    if (Math.random() * weights < candidate.deployment.weight) drawn = candidate
  }
  return drawn
}

/** How long a call would wait there, more or less. */
const load = ({ health }: Candidate): number => (health.inFlight + 1) * health.latencyMs

/** Rendezvous hashing: the same prompt goes to the same candidate while that one can take it, and others hardly move when one comes or goes. */
function bestKept(list: readonly Candidate[], from: number, to: number, choice: Choice): Candidate | null {
  const hash = textHash(choice.affinity!)
  const refused: Candidate[] = []
  for (;;) {
    let best: Candidate | null = null
    let bestScore = Number.NEGATIVE_INFINITY
    for (let at = from; at < to; at += 1) {
      const candidate = list[at]!
      const score = keptScore(candidate, hash)
      if (score > bestScore && !refused.includes(candidate)) [best, bestScore] = [candidate, score]
    }
    if (!best || canTake(best, choice)) return best
    refused.push(best)
  }
}

/** Weighted rendezvous score (Schindelhauer and Schomaker 2005): −weight / ln(u) for an even u in (0, 1). */
const keptScore = ({ deployment, hash }: Candidate, key: number): number =>
  -deployment.weight / Math.log((mixedHash(key, hash) + 0.5) / 2 ** 32)

/** An open breaker is no reason to serve nobody: where nothing else is left, the one that opened longest ago is tried, once. */
function lastResort(list: readonly Candidate[], { tried, tokens, now }: Choice): Candidate | null {
  if (tried.length > 0) return null
  let best: Candidate | null = null
  for (const candidate of list) {
    const { deployment, health } = candidate
    if (health.isLastResort(deployment, tokens, now) && (!best || health.restMs(now) < best.health.restMs(now)))
      best = candidate
  }
  return best
}

/** ms until one of them can take calls again; 0 when one can now. */
export const restMs = ({ list }: Candidates, now: number): number =>
  list.reduce((least, { health }) => Math.min(least, health.restMs(now)), Number.POSITIVE_INFINITY)
