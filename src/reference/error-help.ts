/** What each error means, and its remedy, for people. */
import type { FailureCode } from '../gateway/errors.ts'

type ErrorHelp = { readonly means: string; readonly remedy: string }

const wait = 'Wait as long as `retry-after` says, and repeat the call. Official SDKs do so by themselves.'

export const errorHelp: Readonly<Record<FailureCode, ErrorHelp>> = {
  invalid_key: {
    means: 'The request has no key, or one that is unknown, revoked or expired.',
    remedy: 'Send a key that begins with `sk-bf-` as the SDK’s `api_key`. If yours was rotated, take the new one.',
  },
  too_many_wrong_keys: {
    means: 'Too many requests without a good key came from your address.',
    remedy:
      'Mend the key first: one that is good is served from the same address at once. Wrong ones are answered again after `retry-after`.',
  },
  organization_suspended: {
    means: 'Your organization is suspended, with all of its keys.',
    remedy: 'Ask whoever runs this gateway. Nothing that was asked meanwhile was done or charged.',
  },
  endpoint_not_allowed: {
    means: 'Your key is restricted to some endpoints, and this is none of them. `allowed` names them.',
    remedy: 'Use another key, or have the endpoint added to this one. Nothing was done or charged.',
  },
  address_not_allowed: {
    means:
      'Your key is restricted to some IP addresses, and yours is none of them. `address` is how you are seen, `allowed` what is.',
    remedy: 'Use it from there, or have your address added to the key. Nothing was done or charged.',
  },
  invalid_request: {
    means: 'Something in the request is not what the API allows. The message names the field, and what is allowed.',
    remedy:
      'Mend the field that `param` names (with Google’s SDK: `fieldViolations`). The same request will be refused again.',
  },
  body_too_large: {
    means: 'The body is longer than this endpoint takes. The message says how long it may be.',
    remedy: 'Send smaller or fewer pictures and documents, or upload them as files.',
  },
  unsupported_encoding: {
    means: 'The body comes in a `content-encoding` that is not understood.',
    remedy: 'Send it as it is. Official SDKs do.',
  },
  not_found: {
    means: 'There is nothing at this URL, or nothing of yours under this id.',
    remedy:
      'Compare the base URL with [API reference](../api-reference.md#base-urls): the message names the nearest one that there is. Ids of files, videos, responses and receipts are known to keys of the organization that made them, test and live apart, until they are deleted or expire.',
  },
  method_not_allowed: {
    means: 'The URL is right, but not with this method.',
    remedy: 'The header `allow` and the message name the methods that there are.',
  },
  model_not_found: {
    means: 'There is no such model, or your key may not use it.',
    remedy:
      'Take a name from [Models and prices](../models.md) exactly as it stands there. Where yours is a slip of one that your key may use, the message names that one. Gemini models belong to the base URL `{{base}}/genai`.',
  },
  insufficient_credit: {
    means: 'Your credit does not cover the request, not even with a lower output limit.',
    remedy:
      'Add credit, or ask for less: `needed_usd` says what it takes at least, `available_usd` what there is. Repeating it does not help.',
  },
  credit_held: {
    means: 'Your credit would cover the request, but other requests of your organization hold it at the moment.',
    remedy: `${wait} State an output limit, so that each request holds less.`,
  },
  budget_exceeded: {
    means: 'The budget of this key is used up.',
    remedy: 'Ask for a higher budget, use another key, or wait for its period to end.',
  },
  budget_held: {
    means: 'The budget of this key would cover the request, but other requests of the key hold it at the moment.',
    remedy: wait,
  },
  overloaded: {
    means: 'This gateway has no room for the request at the moment.',
    remedy: wait,
  },
  rate_limited: {
    means: 'A limit of your key is reached: requests or tokens per minute, or requests at once.',
    remedy: `${wait} If you need more for long, ask for a higher limit. [More about limits](../rate-limits.md).`,
  },
  region_unavailable: {
    means: 'The model is not served in the region that your key’s requests must stay in.',
    remedy: 'Use one of the models that the message names. [More about regions](../regions.md).',
  },
  no_provider: {
    means: 'No provider serves this model here for keys of this mode, test or live.',
    remedy: 'Use another model: `GET /v1/models` lists what your key is served. Waiting does not help.',
  },
  idempotency_key_in_use: {
    means:
      'The first request with this `Idempotency-Key` is still under way. This one has waited for it as long as is allowed, or too many do.',
    remedy: `${wait} [More about retries](../receipts.md#when-an-answer-was-lost).`,
  },
  idempotency_key_used: {
    means:
      'The first request with this `Idempotency-Key` was served or charged for a part, and its answer is not kept.',
    remedy:
      'Read its receipt. Where the first request began a job (`job_id`), ask for that by its id. For another answer send another key: it is charged anew.',
  },
  idempotency_key_reused: {
    means: 'This `Idempotency-Key` came first with a call that has another body or URL.',
    remedy: 'Send a key of its own with each call.',
  },
  upstream_failed: {
    means: 'No provider of this model could answer.',
    remedy: `${wait} Nothing is owed for an answer that did not come.`,
  },
  upstream_rate_limited: {
    means: 'The providers of this model are busy: their limits are reached, not yours.',
    remedy: wait,
  },
  upstream_timeout: {
    means: 'The provider did not answer in time.',
    remedy: 'Repeat the call, streamed if it is a long one. Nothing is owed for an answer that did not come.',
  },
  billing_unavailable: {
    means: 'What the request would cost cannot be accounted for at the moment, so it is not served.',
    remedy: wait,
  },
  starting: { means: 'This gateway is starting.', remedy: wait },
  shutting_down: { means: 'This gateway is restarting.', remedy: wait },
  internal: {
    means: 'Something went wrong on our side.',
    remedy: 'Repeat the call; if it fails again, tell us the `x-request-id` of its answer.',
  },
}
