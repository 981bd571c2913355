/**
 * Lane `failover`: what choosing a deployment adds to a request, with 1, 10 and 100 deployments of its
 * model. In process, because it is far below what a clock sees from outside: goal flat, under 10 µs.
 */
import type { Adapter, Deployment } from '../src/upstreams/deployment.ts'
import { choose, createFleet, type Fleet } from '../src/upstreams/fleet.ts'
import { median } from './support/report.ts'

const chat = { model: { id: 'gpt-5.4', dialect: 'openai' }, operation: { name: 'chat.completions' } } as const
const policies = { us: { serves: ['us'], mayChoose: [] } }
const adapter = { dialects: ['openai'], operations: ['chat.completions'] } as unknown as Adapter
const counts = [1, 10, 100]
const rounds = 9
const callsPerRound = 100_000
const microsMax = 10

const deployment = (at: number): Deployment => ({
  id: `deployment-${at}`,
  provider: 'bench',
  kind: 'openai',
  model: chat.model.id,
  upstreamModel: null,
  region: 'us',
  simulated: false,
  priority: 0,
  weight: 1 + (at % 3),
  rpm: 1_000_000_000,
  tpm: null,
  outputTokensMax: null,
  pricePpm: 1_000_000n,
  costPpm: 1_000_000n,
  onAbort: 'drain',
  isTracked: true,
  adapter,
})

/** A conversation's beginning, as long as what is looked at of it. */
const prompts = Array.from({ length: 64 }, (_, at) => `org-1 gpt-5.4 ${at} ${'lorem ipsum dolor '.repeat(227)}`)
type Situation = { readonly name: string; readonly affinity: (call: number) => string | null; readonly broken: number }
const situations: readonly Situation[] = [
  { name: 'short prompts', affinity: () => null, broken: 0 },
  { name: 'long prompts, kept where they are cached', affinity: (call) => prompts[call % prompts.length]!, broken: 0 },
  { name: 'short prompts, half of the deployments open', affinity: () => null, broken: 0.5 },
]

export async function failover(): Promise<void> {
  for (const situation of situations) {
    const micros = counts.map((count) => microsPerCall(count, situation))
    const texts = micros.map((each, at) => `${counts[at]}: ${each.toFixed(2)} µs`)
    const ratio = (micros[2]! / micros[0]!).toFixed(1)
    process.stdout.write(
      `${situation.name}: ${texts.join(', ')} (goal ≤ ${microsMax} µs each); 100 against 1: ratio ${ratio}\n`,
    )
  }
}

/** Looking up who may serve, choosing, and noting the call and its end, as the request path does. */
function microsPerCall(count: number, { affinity, broken }: Situation): number {
  const fleet = createFleet(
    Array.from({ length: count }, (_, at) => deployment(at)),
    policies,
  )
  breakSome(fleet, Math.floor(count * broken))
  const round = (): number => {
    const began = performance.now()
    for (let call = 0; call < callsPerRound; call += 1) {
      const now = performance.now()
      const candidate = choose(fleet.serving(chat, 'us', 'live')!, {
        affinity: affinity(call),
        tokens: 100,
        tried: [],
        now,
      })!
      candidate.health.begin(candidate.deployment, 100, now)
      candidate.health.succeeded(1, now)
      candidate.health.ended()
    }
    return ((performance.now() - began) * 1_000) / callsPerRound
  }
  round()
  return median(Array.from({ length: rounds }, round))
}

function breakSome({ list }: Fleet, count: number): void {
  const later = performance.now() + 3_600_000
  for (const { health } of list.slice(0, count)) health.failed('rate', later, later - 3_600_000)
}
