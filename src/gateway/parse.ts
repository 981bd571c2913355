import { withMember } from '../lib/json-text.ts'
import { isForm, isStream, type Asked, type Body, type FormBody, type JsonBody } from './dialect.ts'
import type { Inbound } from './operation.ts'

/**
 * Reads a body into what is asked: what we route and bill on. What the dialect does not know passes through. Throws what
 * the caller can put right.
 */
export const parse = (body: Body, inbound: Inbound): Asked =>
  isStream(body)
    ? inbound.operation.readStream!(body)
    : isForm(body)
      ? askedByForm(body, inbound)
      : askedByJson(body, inbound)

function askedByJson(body: JsonBody, { operation, params, query }: Inbound): Asked {
  const { deployment } = params
  return operation.read(deployment === undefined ? body : bodyFor(deployment, body), params, query)
}

function askedByForm(body: FormBody, { operation, params }: Inbound): Asked {
  const { deployment } = params
  return operation.readForm!(deployment === undefined ? body : { ...body, changes: { model: deployment } }, params)
}

/** Azure names the model in the path as a deployment, and means that one whatever the body says. */
function bodyFor(model: string, body: JsonBody): JsonBody {
  if (body.json['model'] === model) return body
  const text = withMember(body.text, ['model'], model)
  return { bytes: body.strings.expand(text), strings: body.strings, text, json: { ...body.json, model } }
}
