/** Passes: how a page calls the gateway for a person who may use an organization's keys, without being given their secrets. */
import { z } from 'zod'
import type { PassJson } from '../../contract.ts'
import { keyPath, ownKey } from '../keys/own-key.ts'
import { AdminError } from '../../admin/error.ts'
import { pageRoute, type Asked } from '../page-route.ts'
import { allows } from '../roles.ts'
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
    const pass = await asked.admin<PassJson>('POST', `${keyPath(asked)}/passes`, {})
    if (!(await mayStill(asked))) throw new AdminError('not_signed_in')
    return pass
  },
})

/** Whoever was removed while it was lent had it ended before it was there; then it is ended now. */
async function mayStill({ params, person, request, deps: { people } }: OfPass): Promise<boolean> {
  const role = (await people.personOf(request)) && (await people.roleOf(person.id, params.organization))
  const may = role !== null && allows(role, 'keys.write')
  if (!may) await people.endPasses(person.id, null)
  return may
}
type OfPass = Pick<Asked<'{organization}', 'keys.write'>, 'params' | 'person' | 'request' | 'deps'>

export const passRoutes = [lendPass]
