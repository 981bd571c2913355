/**
 * Errors that a vendor reports inside of an answer with status 200, where no status tells of them: as a whole
 * body, or as a record of a stream. There is no one spelling. These were seen (BerriAI/litellm#21755,
 * decolua/9router#2727, QuantumNous/new-api#95, nodetool-ai/nodetool#5755, vLLM's `object: error`, FastAPI's `detail`).
 */
import { isObject, textOf, type Json } from './json-value.ts'

export type ErrorInAnswer = {
  /** What the vendor would have said as a status, as far as the error tells. */
  readonly status: number
  /** The error in an envelope, as a refusal's body has it. */
  readonly body: Uint8Array
}

/**
 * The error in a body or in a record; null when it reports none. `isAnswer`: it also holds what the dialect
 * promises, so that only an error by that name is one. `event`: what the record calls itself.
 */
export function errorInAnswer(value: unknown, isAnswer: boolean, event = ''): ErrorInAnswer | null {
  if (event === 'error') return told(value)
  // Google puts the errors of array streams into a list, and so do gateways that collect them.
  const within: unknown = Array.isArray(value) ? value.find((each) => namedError(each) !== null) : value
  if (!isObject(within)) return null
  const isError = namedError(within) !== null || (!isAnswer && isBareError(within))
  return isError ? told(within) : null
}

/** The error in a text that stands where a record should; null for any other text. */
export function errorInText(text: string): ErrorInAnswer | null {
  try {
    return errorInAnswer(JSON.parse(text), false)
  } catch {
    return null
  }
}

/** `error` or `errors`, if there is anything in it: `null` says that there was none, and so do empty members (one-api's `Error`, which Go writes whole). */
function namedError(value: unknown): unknown {
  if (!isObject(value)) return null
  const { error, errors } = value
  if (isSaid(error)) return error
  return isSaid(errors) ? errors : null
}

const isSaid = (value: unknown): boolean =>
  Boolean(value) && (typeof value !== 'object' || Object.values(value as object).some(Boolean))

/** An object that is nothing but an error: it says so, or has only words for it. */
const isBareError = ({ type, object, message, msg, detail, code, ...others }: Json): boolean =>
  type === 'error' ||
  object === 'error' ||
  (!wellCodes.has(code) &&
    [message, msg, detail, others['error_msg'], others['error_message']].some((words) => Boolean(words)))

/** `"code": 0, "message": "Success"` stands in every chunk of iFlytek's Spark, also in those without a choice. */
const wellCodes: ReadonlySet<unknown> = new Set([0, '0', 200, '200'])

function told(value: unknown): ErrorInAnswer {
  const error = errorOf(value)
  return { status: statusOf(error), body: new TextEncoder().encode(JSON.stringify({ error })) }
}

/** The members that say what is wrong, in a member of their own or bare, with the words for it as `message`. */
function errorOf(value: unknown): Json {
  if (!isObject(value)) return { message: textOf(value) }
  const named = namedError(value)
  const inner: unknown = Array.isArray(named) ? named[0] : named
  if (isObject(inner)) return inner
  const words = [inner, value['message'], value['msg'], value['detail'], value['error_msg'], value['error_message']]
  const { code = null, status, type, param = null } = value
  return { message: words.map(textOf).find((each) => each !== '') ?? '', code, status, type, param }
}

/** Google's words for statuses: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const googleStatuses: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  DEADLINE_EXCEEDED: 504,
}
/** OpenAI's codes and types (https://platform.openai.com/docs/guides/error-codes), and those of servers that follow it. */
const openaiStatuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  // What a policy does not allow, of a prompt or of a picture.
  content_policy_violation: 400,
  content_filter: 400,
  moderation_blocked: 400,
  image_generation_user_error: 400,
  image_content_policy_violation: 400,
  bio_policy: 400,
  // Of a response that failed (`ResponseError` of OpenAI's API): the client's own doing.
  invalid_prompt: 400,
  invalid_image: 400,
  invalid_image_format: 400,
  invalid_base64_image: 400,
  invalid_image_url: 400,
  invalid_image_mode: 400,
  image_too_large: 400,
  image_too_small: 400,
  image_parse_error: 400,
  image_file_too_large: 400,
  unsupported_image_media_type: 400,
  empty_image_file: 400,
  failed_to_download_image: 400,
  BadRequestError: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  too_many_requests: 429,
  insufficient_quota: 429,
}
/** What an error without a code comes to: the vendor's own trouble. */
const unknownStatus = 500

function statusOf(error: Json): number {
  const codes = [error['code'], error['status'], error['status_code'], error['statusCode'], error['type']]
  const statuses = codes.map((code) =>
    typeof code === 'number' ? code : (googleStatuses[textOf(code)] ?? openaiStatuses[textOf(code)] ?? Number(code)),
  )
  return statuses.find((status) => Number.isInteger(status) && status >= 400 && status < 600) ?? unknownStatus
}
