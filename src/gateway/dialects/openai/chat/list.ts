/** `GET /v1/chat/completions`: the stored ones of the organization, the oldest first, as OpenAI lists them. */
import type { KeptResource } from '../../../../store/resources.ts'
import type { KnownOperation } from '../../../operation.ts'
import { openai } from '../envelope.ts'
import { listResources } from '../list-resources.ts'

export const listCompletions: KnownOperation = {
  name: 'chat.completions.list',
  dialect: openai,
  method: 'GET',
  path: '/v1/chat/completions',
  answer({ query }, key, deps) {
    const labels = Object.fromEntries([...query].flatMap(([name, value]) => metadataIn(name, value)))
    const model = query.get('model')
    const listed = { kind: 'chat.completion', limit: 20, limitMax: 100, order: 'asc', labels, model, shown } as const
    return listResources(listed, query, key, deps)
  },
}

/** `metadata[topic]=sea`, as both SDKs write it. */
function metadataIn(name: string, value: string): readonly (readonly [string, string])[] {
  const [, key] = /^metadata\[(.*)\]$/.exec(name) ?? []
  return key === undefined ? [] : [[key, value]]
}

/** What was said is kept by the account that made it alone: whoever wants it asks for the completion by its id. */
const shown = ({ id, createdAt, model, labels }: KeptResource): object => ({
  id,
  object: 'chat.completion',
  created: Math.floor(createdAt / 1_000),
  model,
  choices: [],
  metadata: labels,
})
