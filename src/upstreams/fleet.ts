/**
 * All deployments, and which of them a call goes to. Lists are made once per configuration; choosing
 * reads a few of them and allocates nothing, so that it costs the same for one deployment and for a hundred.
 */
import { mixedHash, textHash } from '../lib/text-hash.ts'
import type { Deployment, DialectName } from './deployment.ts'
import { Health } from './health.ts'

/** A deployment with what is known of it now. */
export type Member = { readonly deployment: Deployment; readonly health: Health; readonly hash: number }

/** The members that may serve a model under a region policy, in the order of their priorities; weights are relative to `weightMax`. */
export type Serving = { readonly members: readonly Member[]; readonly weightMax: number; readonly pricePpmMax: bigint }

export type RegionPolicy = {
  /** Regions of deployments that may serve; requests never leave them. */
  readonly serves: readonly string[]
  /** Policies that a client may choose instead, for a request. */
  readonly mayChoose: readonly string[]
}
export type RegionPolicies = Readonly<Record<string, RegionPolicy>>

export type Fleet = {
  readonly members: readonly Member[]
  readonly policies: RegionPolicies
  /** Who may serve a model under a policy; null when nobody may. */
  readonly serving: (model: ModelName, policy: string) => Serving | null
}

type ModelName = { readonly id: string; readonly dialect: DialectName }

/** Builds the fleet. What is known of deployments that `before` had as well is kept. */
export function createFleet(
  deployments: readonly Deployment[],
  policies: RegionPolicies,
  before: Pick<Fleet, 'members'> = { members: [] },
): Fleet {
  const known = new Map(before.members.map(({ deployment, health }) => [deployment.id, health]))
  const members = deployments.map((deployment) => ({
    deployment,
    health: known.get(deployment.id) ?? new Health(),
    hash: textHash(deployment.id),
  }))
  const lists = new Map<string, Serving | null>()
  return {
    members,
    policies,
    serving(model, policy) {
      const name = `${policy} ${model.id}`
      const listed = lists.get(name)
      if (listed !== undefined) return listed
      const list = servingOf(members, model, policies[policy]?.serves ?? [])
      lists.set(name, list)
      return list
    },
  }
}

function servingOf(members: readonly Member[], model: ModelName, regions: readonly string[]): Serving | null {
  const fitting = members
    .filter(({ deployment }) => regions.includes(deployment.region) && serves(deployment, model))
    .toSorted((a, b) => a.deployment.priority - b.deployment.priority)
  if (fitting.length === 0) return null
  const deployments = fitting.map(({ deployment }) => deployment)
  return {
    members: fitting,
    weightMax: Math.max(...deployments.map(({ weight }) => weight)),
    pricePpmMax: deployments.reduce((most, { pricePpm }) => (pricePpm > most ? pricePpm : most), 0n),
  }
}

const serves = ({ model, adapter }: Deployment, { id, dialect }: ModelName): boolean =>
  adapter.dialects.includes(dialect) && (model === null || model === id)

export type Choice = {
  /** What of this call a prompt cache may remember; null when nothing, and the least busy will do. */
  readonly affinity: string | null
  /** About how many input tokens it has. */
  readonly tokens: number
  /** Members that were tried already. */
  readonly tried: readonly Member[]
  /** Monotonic ms. */
  readonly now: number
}

/** The member that a call should go to now; null when none is left that could take it. */
export function choose(serving: Serving, choice: Choice): Member | null {
  const { members } = serving
  for (let from = 0; from < members.length;) {
    const to = tierEnd(members, from)
    const chosen = choice.affinity === null ? leastBusy(serving, from, to, choice) : bestKept(members, from, to, choice)
    if (chosen) return chosen
    from = to
  }
  return lastResort(members, choice)
}

function tierEnd(members: readonly Member[], from: number): number {
  const { priority } = members[from]!.deployment
  let to = from + 1
  while (to < members.length && members[to]!.deployment.priority === priority) to += 1
  return to
}

const isFree = ({ deployment, health }: Member, { tokens, now }: Choice): boolean =>
  health.isUsable(deployment, tokens, now)
const canTake = (member: Member, choice: Choice): boolean => !choice.tried.includes(member) && isFree(member, choice)

/** The less busy of two drawn by weight: nearly as good as asking all of them, at a constant cost. Where nothing is busy, shares follow the weights. */
function leastBusy(serving: Serving, from: number, to: number, choice: Choice): Member | null {
  const [one, other] = [draw(serving, from, to, choice), draw(serving, from, to, choice)]
  if (!one || !other || one === other) return one
  const difference = load(one) - load(other)
  if (difference !== 0) return difference < 0 ? one : other
  return Math.random() < 0.5 ? one : other
}

/** Blind draws before the tier is looked through: enough to meet one that can take the call unless most cannot. */
const drawsMax = 8

/** One of those that can take the call, by chance and weight. */
function draw({ members, weightMax }: Serving, from: number, to: number, choice: Choice): Member | null {
  for (let times = 0; times < drawsMax; times += 1) {
    const member = members[from + Math.floor(Math.random() * (to - from))]!
    if (Math.random() * weightMax < member.deployment.weight && canTake(member, choice)) return member
  }
  let drawn: Member | null = null
  let weights = 0
  for (let at = from; at < to; at += 1) {
    const member = members[at]!
    if (!canTake(member, choice)) continue
    weights += member.deployment.weight
    if (Math.random() * weights < member.deployment.weight) drawn = member
  }
  return drawn
}

/** How long a call would wait there, more or less. */
const load = ({ health }: Member): number => (health.inFlight + 1) * health.latencyMs

/** Rendezvous hashing: the same prompt goes to the same member while that one can take it, and others hardly move when one comes or goes. */
function bestKept(members: readonly Member[], from: number, to: number, choice: Choice): Member | null {
  const hash = textHash(choice.affinity!)
  const refused: Member[] = []
  for (;;) {
    let best: Member | null = null
    let bestScore = Number.NEGATIVE_INFINITY
    for (let at = from; at < to; at += 1) {
      const member = members[at]!
      const score = keptScore(member, hash)
      if (score > bestScore && !refused.includes(member)) [best, bestScore] = [member, score]
    }
    if (!best || canTake(best, choice)) return best
    refused.push(best)
  }
}

/** Weighted rendezvous score (Schindelhauer and Schomaker 2005): −weight / ln(u) for an even u in (0, 1). */
const keptScore = ({ deployment, hash }: Member, key: number): number =>
  -deployment.weight / Math.log((mixedHash(key, hash) + 0.5) / 2 ** 32)

/** An open breaker is no reason to serve nobody: where nothing else is left, the one that opened longest ago is tried, once. */
function lastResort(members: readonly Member[], { tried, now }: Choice): Member | null {
  if (tried.length > 0) return null
  let best: Member | null = null
  for (const member of members)
    if (member.health.isLastResort(now) && (!best || member.health.restMs(now) < best.health.restMs(now))) best = member
  return best
}

/** ms until one of them can take calls again; 0 when one can now. */
export const restMs = ({ members }: Serving, now: number): number =>
  members.reduce((least, { health }) => Math.min(least, health.restMs(now)), Number.POSITIVE_INFINITY)
