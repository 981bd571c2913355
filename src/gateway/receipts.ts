import { jsonAnswer } from '../lib/http-server/contract.ts'
import { customerReceiptOf } from '../reporting/receipt.ts'
import { openai } from './dialects/openai/envelope.ts'
import { GatewayError } from './errors.ts'
import type { KnownOperation } from './operation.ts'
import { readBooks, receiptsMax } from './read-books.ts'

/** `GET /v1/receipts/{id}`: the itemised statement of a request, to the organization that paid it, complete the moment its response ended. */
export const getReceipt: KnownOperation = {
  name: 'receipts',
  dialect: openai,
  method: 'GET',
  path: '/v1/receipts/{id}',
  async answer({ params: { id = '' } }, key, deps) {
    const settlement = await readBooks(key, receiptsMax, deps, (store) => store.receipt(id, key.organizationId))
    if (!settlement)
      throw new GatewayError(
        'not_found',
        `There is no receipt of request '${id.slice(0, 80)}' for this organization. The id is the x-request-id of what was paid; free calls have no receipt, and a repeat has that of its original-request.`,
      )
    return jsonAnswer(customerReceiptOf(settlement))
  },
}
