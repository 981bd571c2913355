/** Which model a request that was turned away is about, for those who are told of requests. Nothing of it is read for those that are served. */
import type { Catalog } from '../catalog/catalog.ts'
import { isForm, isStream, type Body } from './dialect.ts'
import type { Call, Params } from './operation.ts'

/** How far it came: what it asks, its body, and the parameters of its URL. */
export type Named = { readonly call: Call | null; readonly body: Body | null; readonly params: Params }

/** As the catalog has it; null where it named none that is listed, or was turned away before that could be read. */
export function namedModel({ call, body, params }: Named, catalog: Catalog): string | null {
  if (call) return call.model?.id ?? null
  const name = params['model'] ?? params['deployment'] ?? modelOf(body)
  const model = typeof name === 'string' ? catalog.find(name) : null
  return model?.listed ? model.id : null
}

const modelOf = (body: Body | null): unknown =>
  body === null || isForm(body) || isStream(body) ? null : body.json['model']
