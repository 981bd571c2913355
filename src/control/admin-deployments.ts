/** Deployments as this node sees them, draining one by hand, and reading the configuration file again. */
import type { Hono } from 'hono'
import type { Member } from '../upstreams/fleet.ts'
import { latencyMsUnknown } from '../upstreams/health.ts'
import type { AdminDeps } from './admin-deps.ts'
import { AdminError } from './admin-error.ts'
import type { DeploymentJson, ListJson, ReloadJson } from './contract.ts'

export function addDeploymentRoutes(api: Hono, deps: AdminDeps): void {
  const json = (member: Member): DeploymentJson => deploymentJson(member, deps.clock.monotonic())
  const named = (id: string): Member => {
    const member = deps.fleet.members.find(({ deployment }) => deployment.id === id)
    if (!member) throw new AdminError('deployment_not_found')
    return member
  }
  api.get('/deployments', (c) => c.json<ListJson<DeploymentJson>>({ data: deps.fleet.members.map(json) }))
  api.post('/deployments/:id/drain', (c) => {
    const member = named(c.req.param('id'))
    member.health.isDrained = true
    return c.json<DeploymentJson>(json(member))
  })
  api.post('/deployments/:id/resume', (c) => {
    const member = named(c.req.param('id'))
    member.health.isDrained = false
    member.health.forgive()
    return c.json<DeploymentJson>(json(member))
  })
  api.post('/config/reload', (c) => c.json<ReloadJson>(deps.reload()))
}

function deploymentJson({ deployment, health }: Member, now: number): DeploymentJson {
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
