/** Passes: how a page calls the gateway for a person who may use an organization's keys, without being given their secrets. */
import { z } from 'zod'
import type { PassJson } from '../../contract.ts'
import { keyPath, ownKey } from '../keys/own-key.ts'
import { pageRoute } from '../page-route.ts'
import { NothingMore, Time } from '../shapes.ts'

const PassShape = z.strictObject({
  /** Works as the key does until then, and is shown here only. */
  secret: z.string(),
  until: Time,
})
export type PagePassJson = z.infer<typeof PassShape>

const lendPass = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/keys/{key}/passes',
  summary: 'A pass of a key: one more secret of it, for some minutes',
  needs: 'keys.write',
  query: null,
  body: NothingMore,
  answer: PassShape,
  status: 201,
  async handle(asked) {
    await ownKey(asked)
    return asked.admin<PassJson>('POST', `${keyPath(asked)}/passes`, {})
  },
})

export const passRoutes = [lendPass]
