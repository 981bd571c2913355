/** Tells whoever watches of a trouble that only an operator can end. */
import type { Deployment } from '../upstreams/deployment.ts'
import { isLasting, mendText } from '../upstreams/fault-words.ts'
import type { GatewayDeps } from './deps.ts'

const events = {
  quota: 'upstream-out-of-quota',
  credential: 'upstream-credential-refused',
  missing: 'upstream-model-missing',
} as const

/** An alert where the trouble is one that lasts; `status`: what said so, null where no answer did. */
export function alert(
  trouble: string,
  status: number | null,
  deployment: Deployment,
  deps: Pick<GatewayDeps, 'observer'>,
): void {
  if (!isLasting(trouble)) return
  const { id, provider } = deployment
  const message = mendText(trouble, status, deployment)
  deps.observer.alert({ event: events[trouble], deployment: id, provider, message })
}
