/** Deployments as this node sees them, draining one by hand, and reading the configuration file again. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { createRates, type Rates } from '../../lib/rates.ts'
import { lastFaultWords } from '../../upstreams/fault-words.ts'
import type { AuditNote } from '../../store/store.ts'
import type { Candidate } from '../../upstreams/fleet.ts'
import { latencyMsUnknown, type LastFault } from '../../upstreams/health.ts'
import type { HourSeen } from '../../upstreams/last-hour.ts'
import type { AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type {
  ConfigurationJson,
  DeploymentJson,
  DeploymentTestJson,
  HourJson,
  LastFaultJson,
  ListJson,
  ReloadJson,
} from '../contract.ts'
import type { Operators } from './operators.ts'
import { readBody } from './read-input.ts'

type Change = Pick<AuditNote, 'subject' | 'before' | 'after'>

export function addDeploymentRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  const json = (candidate: Candidate): DeploymentJson => deploymentJson(candidate, deps.clock)
  const named = (id: string): Candidate => {
    const candidate = deps.fleet.list.find(({ deployment }) => deployment.id === id)
    if (!candidate) throw new AdminError('deployment_not_found')
    return candidate
  }
  api.get('/deployments', (c) => c.json<ListJson<DeploymentJson>>({ data: deps.fleet.list.map(json) }))
  // Only memory has these: what they were and are is written down once it holds.
  const record = (c: Context, action: string, { subject, before, after }: Change): Promise<void> =>
    deps.store.recordAudit({ actor: operators.actorOf(c), action, organizationId: null, subject, before, after })
  const drain = async (c: Context, isDrained: boolean): Promise<Candidate> => {
    const candidate = named(c.req.param('id')!)
    const change = {
      subject: candidate.deployment.id,
      before: { isDrained: candidate.health.isDrained },
      after: { isDrained },
    }
    candidate.health.isDrained = isDrained
    await record(c, isDrained ? 'deployment.drained' : 'deployment.resumed', change)
    return candidate
  }
  api.post('/deployments/:id/drain', isAdmin, async (c) => {
    const candidate = await drain(c, true)
    return c.json<DeploymentJson>(json(candidate))
  })
  api.post('/deployments/:id/resume', isAdmin, async (c) => {
    const candidate = await drain(c, false)
    candidate.health.forgive()
    return c.json<DeploymentJson>(json(candidate))
  })
  const tests = createRates()
  api.post('/deployments/:id/test', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const { deployment } = named(c.req.param('id'))
    refuseManyTests(tests, deployment.id, deps.clock.monotonic())
    const result = await deps.testDeployment(deployment)
    const { ok, status, fault } = result
    deps.log.info({ event: 'deployment-tested', deployment: deployment.id, ok, status, fault })
    await record(c, 'deployment.tested', { subject: deployment.id, before: null, after: { ok, status, fault } })
    return c.json<DeploymentTestJson>(result)
  })
  // It names files, accounts and networks of the operator's: not for every token that may look.
  api.get('/configuration', isAdmin, (c) => c.json<ConfigurationJson>(deps.configuration()))
  api.post('/config/reload', isAdmin, async (c) => {
    const reloaded = deps.reload()
    if (reloaded.ok && reloaded.changed)
      await record(c, 'configuration.reloaded', { subject: 'mart.yaml', before: null, after: null })
    return c.json<ReloadJson>(reloaded)
  })
}

const NothingMore = z.strictObject({})

const testsPerMinute = 6
const allTestsPerMinute = 30
function refuseManyTests(tests: Rates, id: string, now: number): void {
  const retryAfterMs = tests.take(id, testsPerMinute, now) || tests.take('', allTestsPerMinute, now)
  if (retryAfterMs > 0) throw new AdminError('too_many_tests', { retryAfterMs })
}

function deploymentJson({ deployment, health }: Candidate, clock: Clock): DeploymentJson {
  const now = clock.monotonic()
  const state = health.state(now)
  const { id, provider, kind, model, upstreamModel, region, priority, weight } = deployment
  return {
    id,
    provider,
    kind,
    model,
    upstreamModel,
    region,
    priority,
    weight,
    state,
    lastFault: state === 'healthy' || state === 'drained' ? null : lastFaultJson(health.lastFault, clock),
    restMs: Math.ceil(health.restMs(now)),
    inFlight: health.inFlight,
    firstByteMs: health.latencyMs === latencyMsUnknown ? null : Math.round(health.latencyMs),
    lastHour: hourJson(health.lastHour.seen(now)),
  }
}

const hourJson = ({ calls, faults, firstByteMs }: HourSeen): HourJson => ({
  calls,
  failures: Object.values(faults).reduce((sum, many) => sum + many, 0),
  faults,
  firstByteMs,
})

function lastFaultJson(last: LastFault | null, clock: Clock): LastFaultJson | null {
  if (last === null) return null
  const now = clock.monotonic()
  const { trouble: fault, status, at } = last
  return { fault, status, at: new Date(clock.now() - (now - at)).toISOString(), words: lastFaultWords(last, now) }
}
