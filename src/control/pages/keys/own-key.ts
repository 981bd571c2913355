/** A key of an organization, as the routes about one key find it. */
import { AdminError } from '../../admin/error.ts'
import type { ListedKeyJson } from '../../contract.ts'
import type { Asked } from '../page-route.ts'

export type OfKey = Pick<Asked, 'admin'> & { readonly params: { readonly organization: string; readonly key: string } }

/** Where the admin API has the key that is asked about. */
export const keyPath = ({ params }: Pick<OfKey, 'params'>): string => `/keys/${params.key}`

/** The key, which must be the organization's. Throws `key_not_found`. */
export async function ownKey(asked: OfKey): Promise<ListedKeyJson> {
  const key = await asked.admin<ListedKeyJson>('GET', keyPath(asked))
  if (key.organizationId !== asked.params.organization) throw new AdminError('key_not_found')
  return key
}
