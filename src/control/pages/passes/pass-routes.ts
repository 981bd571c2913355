/** Passes: how a page calls the gateway for a person who may use an organization's keys, without being given their secrets. */
import { z } from 'zod'
import { AdminError } from '../../admin-error.ts'
import type { KeyJson, ListJson, PassJson } from '../../contract.ts'
import { pageRoute } from '../page-route.ts'
import { Time } from '../shapes.ts'

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
  body: z.strictObject({}),
  answer: PassShape,
  status: 201,
  async handle({ params, admin }) {
    const { data } = await admin<ListJson<KeyJson>>('GET', `/organizations/${params.organization}/keys`)
    if (!data.some(({ id }) => id === params.key)) throw new AdminError('key_not_found')
    return admin<PassJson>('POST', `/keys/${params.key}/passes`, {})
  },
})

export const passRoutes = [lendPass]
