/** A request the store turns down for a reason the caller can act on. Anything else it throws is a fault. */
export class StoreRefusal extends Error {
  readonly code:
    | 'organization-not-found'
    | 'key-not-found'
    | 'too-many-keys'
    | 'token-not-found'
    | 'service-request-not-found'
    | 'service-request-not-open'
    | 'too-many-open'
    | 'webhook-not-found'
    | 'too-many-webhooks'
    | 'node-fenced'
    | 'idempotency-conflict'
  constructor(code: StoreRefusal['code'], message: string) {
    super(message)
    this.name = 'StoreRefusal'
    this.code = code
  }
}
