/**
 * Usage of a response in disjoint classes: `usage` of the model that was asked, and beside it `tool_usage` of what its
 * upstream ran for it. Searches are billed each, and pictures by the tokens of the model that made them.
 */
import { addUsage, isQuantity, type Usage } from '../../../../money/usage.ts'
import type { Counted } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { pictureTokens } from '../images/image-tokens.ts'
import { imageUsageOf } from '../images/usage.ts'
import { usageOf } from '../usage.ts'
import { listOf, textOf, type Fields } from './items.ts'
import { pictureOf } from './tools.ts'

/** What an answer tells: its usage and that of its tools, and what it gave, where it gives it whole. */
export type Told = { readonly usage?: unknown; readonly tool_usage?: unknown; readonly output?: unknown }

/** Disjoint usage; null when there are no figures of use. `pictureModel`: that of the tool. */
export function responseUsageOf({ usage, tool_usage: tools, output }: Told, pictureModel: string): Counted {
  const counted = usageOf(usage)
  const { used, isOdd, hasUnknown } = toolUsageOf(tools, listOf(output), pictureModel)
  const isNothing = counted.usage === null && Object.keys(used).length === 0
  return {
    usage: isNothing ? null : addUsage(counted.usage ?? {}, used),
    mismatch: counted.mismatch || isOdd,
    hasUnknown: counted.hasUnknown || hasUnknown,
  }
}

type ToolUsage = { readonly used: Usage; readonly isOdd: boolean; readonly hasUnknown: boolean }

const known = new Set(['image_gen', 'web_search'])

/** What the figures of tools come to; what an answer has from a tool and tells no figures of is counted by rules. */
function toolUsageOf(told: unknown, output: readonly Fields[], pictureModel: string): ToolUsage {
  const tools = isMembers(told) ? told : {}
  const pictures = isMembers(tools['image_gen']) ? imageUsageOf(asOfImages(tools['image_gen'])) : null
  const made = output.filter(isPictureCall)
  const ruled = pictures?.usage || made.length === 0 ? {} : { imageOutput: picturesTokens(made, pictureModel) }
  const searches = searchesOf(tools['web_search'], output)
  return {
    used: { ...asTools(pictures?.usage ?? ruled), ...(searches > 0 && { webSearchCall: searches }) },
    // Pictures came, and nobody says what they count.
    isOdd: pictures?.mismatch === true || Object.keys(ruled).length > 0,
    hasUnknown: pictures?.hasUnknown === true || Object.entries(tools).some(isUnknown),
  }
}

/** The tool tells what was cached at the top, where the images endpoints tell it within the input's details. */
function asOfImages({ cached_tokens, cached_tokens_details, ...figures }: Fields): Fields {
  const details = figures['input_tokens_details']
  const cached = {
    ...(cached_tokens !== undefined && { cached_tokens }),
    ...(isMembers(cached_tokens_details) && { cached_tokens_details }),
  }
  return { ...figures, input_tokens_details: { ...(isMembers(details) && details), ...cached } }
}

/** A tool that is not known here and was used: any figure of it that is more than nothing. */
const isUnknown = ([name, figures]: readonly [string, unknown]): boolean =>
  !known.has(name) && (isUsed(figures) || (isMembers(figures) && Object.values(figures).some(isUsed)))
const isUsed = (figure: unknown): boolean => typeof figure === 'number' && figure > 0

/** How many pictures of an output its upstream's tool made. */
export const picturesMadeIn = (output: readonly Fields[]): number => output.filter(isPictureCall).length

const isPictureCall = ({ type, result }: Fields): boolean =>
  type === 'image_generation_call' && typeof result === 'string' && result !== ''

/** What so many pictures of a tool count by OpenAI's table. */
export const picturesTokens = (calls: readonly Fields[], model: string): number =>
  calls.reduce((sum, call) => sum + pictureTokens(model, pictureOf(call)), 0)

/** Pages that are opened and texts that are found in them cost nothing beside the search: OpenAI's guide "Web search". */
const freeActions = new Set(['open_page', 'find_in_page', 'find'])
const isSearchCall = ({ type, status, action }: Fields): boolean =>
  type === 'web_search_call' && status !== 'failed' && !freeActions.has(textOf((action as Fields | null)?.['type']))

function searchesOf(told: unknown, output: readonly Fields[]): number {
  const requests = isMembers(told) ? told['num_requests'] : undefined
  return isQuantity(requests) ? requests : output.filter(isSearchCall).length
}

/** Usage of a model as that of a tool. What no class has is billed as what it is part of. */
function asTools(usage: Usage): Usage {
  const { input = 0, cachedInput = 0, imageInput = 0, cachedImageInput = 0, output = 0, reasoning = 0 } = usage
  const classes = {
    toolInput: input + (usage.cacheWrite ?? 0),
    toolCachedInput: cachedInput,
    toolImageInput: imageInput,
    toolCachedImageInput: cachedImageInput,
    toolOutput: output + reasoning,
    toolImageOutput: usage.imageOutput ?? 0,
  }
  return Object.fromEntries(Object.entries(classes).filter(([, quantity]) => quantity > 0))
}
