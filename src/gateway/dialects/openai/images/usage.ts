/**
 * Usage of the images endpoints in disjoint classes. They say what they count under the Responses API's names, and
 * mostly without `output_tokens_details`: then all of it is picture (BerriAI/litellm#31142). Where there are some, text
 * is text (BerriAI/litellm#21902).
 */
import { isQuantity, type Usage } from '../../../../money/usage.ts'
import type { Counted } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { usageOf } from '../usage.ts'

/** Disjoint usage; null when there are no figures of use. */
export function imageUsageOf(vendorUsage: unknown): Counted {
  const counted = usageOf(vendorUsage)
  if (counted.usage === null || !isMembers(vendorUsage)) return counted
  const usage = withCachedPictures(withPictures(counted.usage, vendorUsage), vendorUsage)
  return { ...counted, usage }
}

type Members = Readonly<Record<string, unknown>>

/** What came out and is not said to be text is picture. */
function withPictures(usage: Usage, vendorUsage: Members): Usage {
  const { output = 0, imageOutput = 0, ...others } = usage
  if (output === 0 || imageOutput > 0) return usage
  const text = Math.min(detail(vendorUsage, 'output_tokens_details', 'text_tokens'), output)
  return { ...others, ...(text > 0 && { output: text }), ...(output > text && { imageOutput: output - text }) }
}

/** Of what was cached, the part that is said to be picture: `cached_tokens_details`, as the Responses API's tool has it. */
function withCachedPictures(usage: Usage, vendorUsage: Members): Usage {
  const { input = 0, imageInput = 0, cachedInput = 0, ...others } = usage
  const cachedDetails = memberOf(memberOf(vendorUsage, 'input_tokens_details'), 'cached_tokens_details')
  const told = memberOf(cachedDetails, 'image_tokens') ?? memberOf(cachedDetails, 'cached_image_tokens')
  const cachedImageInput = isQuantity(told) ? Math.min(told, cachedInput) : 0
  if (cachedImageInput === 0) return usage
  const pictures = detail(vendorUsage, 'input_tokens_details', 'image_tokens')
  const fresh = Math.min(Math.max(0, pictures - cachedImageInput), input + imageInput)
  return {
    ...others,
    input: input + imageInput - fresh,
    imageInput: fresh,
    cachedInput: cachedInput - cachedImageInput,
    cachedImageInput,
  }
}

const memberOf = (value: unknown, name: string): unknown => (isMembers(value) ? value[name] : undefined)

function detail(usage: Members, details: string, name: string): number {
  const figure = memberOf(usage[details], name)
  return isQuantity(figure) ? figure : 0
}
