/** Deployments as this node sees them, draining one by hand, and reading the configuration file again. */
import type { Hono } from 'hono'
import type { Candidate } from '../upstreams/fleet.ts'
import { latencyMsUnknown } from '../upstreams/health.ts'
import type { AdminDeps } from './admin-deps.ts'
import { AdminError } from './admin-error.ts'
import type { DeploymentJson, ListJson, ReloadJson } from './contract.ts'
import type { Operators } from './operators.ts'

export function addDeploymentRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  const json = (candidate: Candidate): DeploymentJson => deploymentJson(candidate, deps.clock.monotonic())
  const named = (id: string): Candidate => {
    const candidate = deps.fleet.list.find(({ deployment }) => deployment.id === id)
    if (!candidate) throw new AdminError('deployment_not_found')
    return candidate
  }
  api.get('/deployments', (c) => c.json<ListJson<DeploymentJson>>({ data: deps.fleet.list.map(json) }))
  api.post('/deployments/:id/drain', isAdmin, (c) => {
    const candidate = named(c.req.param('id'))
    candidate.health.isDrained = true
    return c.json<DeploymentJson>(json(candidate))
  })
  api.post('/deployments/:id/resume', isAdmin, (c) => {
    const candidate = named(c.req.param('id'))
    candidate.health.isDrained = false
    candidate.health.forgive()
    return c.json<DeploymentJson>(json(candidate))
  })
  api.post('/config/reload', isAdmin, (c) => c.json<ReloadJson>(deps.reload()))
}

function deploymentJson({ deployment, health }: Candidate, now: number): DeploymentJson {
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
    state: health.state(now),
    restMs: Math.ceil(health.restMs(now)),
    inFlight: health.inFlight,
    firstByteMs: health.latencyMs === latencyMsUnknown ? null : Math.round(health.latencyMs),
  }
}
