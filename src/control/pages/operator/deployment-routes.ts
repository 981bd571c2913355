/** Deployments as this server sees them, for operators. */
import type { z } from 'zod'
import type { DeploymentJson, DeploymentTestJson, ListJson } from '../../contract.ts'
import { pageRoute } from '../page-route.ts'
import { DataOf, NothingMore } from '../shapes.ts'
import { DeploymentShape, DeploymentTestShape } from './operator-shapes.ts'

const DeploymentListShape = DataOf(DeploymentShape)
export type OperatorDeploymentJson = z.infer<typeof DeploymentShape>
export type OperatorDeploymentListJson = z.infer<typeof DeploymentListShape>
export type OperatorDeploymentTestJson = z.infer<typeof DeploymentTestShape>

const listDeployments = pageRoute({
  method: 'GET',
  path: '/api/operator/deployments',
  summary: 'Every deployment, with its health, what is in flight, and its last hour',
  needs: 'operator',
  query: null,
  body: null,
  answer: DeploymentListShape,
  handle: ({ admin }) => admin<ListJson<DeploymentJson>>('GET', '/deployments'),
})

const drainDeployment = pageRoute({
  method: 'POST',
  path: '/api/operator/deployments/{id}/drain',
  summary: 'Send nothing more to a deployment, until it is resumed or the server is started again',
  needs: 'operator',
  query: null,
  body: NothingMore,
  answer: DeploymentShape,
  handle: ({ params, admin }) => admin<DeploymentJson>('POST', `/deployments/${params.id}/drain`, {}),
})

const resumeDeployment = pageRoute({
  method: 'POST',
  path: '/api/operator/deployments/{id}/resume',
  summary: 'Use a deployment again, whatever kept calls away',
  needs: 'operator',
  query: null,
  body: NothingMore,
  answer: DeploymentShape,
  handle: ({ params, admin }) => admin<DeploymentJson>('POST', `/deployments/${params.id}/resume`, {}),
})

const testDeployment = pageRoute({
  method: 'POST',
  path: '/api/operator/deployments/{id}/test',
  summary: 'Ask a deployment for a few tokens, at the operator’s own cost; at most 6 times a minute',
  needs: 'operator',
  query: null,
  body: NothingMore,
  answer: DeploymentTestShape,
  handle: ({ params, admin }) => admin<DeploymentTestJson>('POST', `/deployments/${params.id}/test`, {}),
})

export const deploymentRoutes = [listDeployments, drainDeployment, resumeDeployment, testDeployment]
