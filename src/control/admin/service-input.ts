/** What an organization asks operators for, and what they answer. */
import { z } from 'zod'
import { serviceRequestKinds, serviceRequestStates } from '../../store/service-requests.ts'
import { KeyInput, RotateInput } from './key-input.ts'

const textMax = 2_000
const messageAllowed = `text of at most ${textMax} characters`
/** Several lines are welcome; other control characters are not. */
const Text = z
  .string(messageAllowed)
  .trim()
  .max(textMax, messageAllowed)
  .regex(/^[\P{Cc}\n\r\t]*$/u, messageAllowed)

const kindAllowed = `one of ${serviceRequestKinds.join(', ')}`

/** The limits that may be asked for, and given. */
const Limits = KeyInput.pick({ rpm: true, tpm: true, concurrency: true, budget: true })
/** What is given where an operator gives something else than was asked. */
export const Given = KeyInput.pick({ rpm: true, tpm: true, concurrency: true, budget: true, region: true })

export const ServiceRequestInput = z.strictObject({
  kind: z.enum(serviceRequestKinds, kindAllowed),
  keyId: z.string('the id of a key').nullable().default(null),
  /** For `raise-limit`. */
  limits: Limits.optional(),
  message: Text.default(''),
})
export type ServiceRequestInput = z.infer<typeof ServiceRequestInput>

export const ApprovalInput = z.strictObject({
  note: Text.nullable().default(null),
  /** Instead of what was asked: limits, or the region. */
  given: Given.optional(),
  /** Of a rotation: how long the secret that is replaced works on. */
  grace: RotateInput.shape.grace,
})
export type ApprovalInput = z.infer<typeof ApprovalInput>

export const DeclineInput = z.strictObject({ note: Text.min(1, 'a word to whoever asked') })

export const NothingMore = z.strictObject({})

const stateAllowed = `one of ${serviceRequestStates.join(', ')}`
export const ServiceRequestParameters = z.strictObject({
  state: z.enum(serviceRequestStates, stateAllowed).optional(),
  before: z.string('the id of a service request').optional(),
})
