import { withMember } from '../../../lib/json-text.ts'
import type { OperationName } from '../../../upstreams/deployment.ts'
import type { JsonBody, UpstreamChange } from '../../dialect.ts'

/** A body as its upstream wants it, where nothing but the model's name must change; the very bytes that came where that need not either. */
export function bodyNaming(
  body: JsonBody,
  { upstreamModel, rewrite }: UpstreamChange,
  operation: OperationName,
): Uint8Array {
  const named = upstreamModel === null ? body.text : withMember(body.text, ['model'], upstreamModel)
  const text = rewrite ? rewrite(named, { dialect: 'openai', operation }) : named
  return text === body.text ? body.bytes : body.strings.expand(text)
}
