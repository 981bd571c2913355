/** How a call is said to a deployment: as it came, or as another operation where its provider does not have this one. */
import type { Deployment } from '../upstreams/deployment.ts'
import type { Wire } from './dialect.ts'
import type { Call } from './operation.ts'

type Asking = Pick<Call, 'asked' | 'operation'>

export function wireOf({ asked, operation }: Asking, { adapter }: Pick<Deployment, 'adapter'>): Wire {
  return isTranslated({ asked, operation }, { adapter })
    ? asked.translation!.wire(adapter.translates!.limitName)
    : asked.wire
}

/** Whether it is said as another operation there. */
export const isTranslated = ({ asked, operation }: Asking, { adapter }: Pick<Deployment, 'adapter'>): boolean =>
  asked.translation !== undefined && adapter.translates?.operations.includes(operation.name) === true
