import { jsonAnswer, type HttpAnswer, type HttpRequest } from '../lib/http-server/contract.ts'
import { customerReceiptOf } from '../reporting/receipt.ts'
import type { Store } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import { openai } from './dialects/openai/envelope.ts'
import { GatewayError } from './errors.ts'
import { serveKnown } from './serve-free.ts'

export type ReceiptDeps = {
  /** Makes everything settled so far readable. */
  readonly flush: () => Promise<void>
  readonly store: Pick<Store, 'receipt'>
}

const receipts = { name: 'receipts', dialect: openai }

/** `GET /v1/receipts/{id}`: the itemised statement of a request, to the organization that paid it, complete the moment its response ended. */
export const serveReceipt = (
  request: HttpRequest,
  requestId: string,
  deps: GatewayDeps,
  { flush, store }: ReceiptDeps,
): Promise<HttpAnswer> =>
  serveKnown(request, receipts, deps, async (key) => {
    const settlement = await flush()
      .then(() => store.receipt(requestId, key.organizationId))
      .catch((cause: unknown) => {
        throw new GatewayError('billing_unavailable', 'Receipts are not available for a moment. Try again shortly.', {
          retryAfterMs: 2_000,
          cause,
        })
      })
    if (!settlement)
      throw new GatewayError(
        'not_found',
        `There is no receipt of request '${requestId.slice(0, 80)}' for this organization.`,
      )
    return jsonAnswer(customerReceiptOf(settlement))
  })
