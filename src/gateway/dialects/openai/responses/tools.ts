/** What the tools of a response can add that their upstream runs itself: input, searches and pictures. */
import { isQuantity, type Usage } from '../../../../money/usage.ts'
import { invalid } from '../../../errors.ts'
import { partialTokens, pictureTokensMax, type Picture } from '../images/image-tokens.ts'
import { textOf, type Fields } from './items.ts'

export type Tool = Fields

/** What runs at the client, or only sorts what does. */
const clientTools: ReadonlySet<unknown> = new Set([
  'function',
  'custom',
  'namespace',
  'tool_search',
  'local_shell',
  'shell',
  'apply_patch',
  'computer',
  'computer_use_preview',
  'image_generation',
])
/** Without a date behind the name and with it: `web_search_preview_2025_03_11`. */
const isSearch = ({ type }: Tool): boolean => /^web_search(_preview)?(_\d{4}_\d\d_\d\d)?$/.test(textOf(type))
export const isPicture = ({ type }: Tool): boolean => type === 'image_generation'
/** Calls servers of other people, where a thing done twice is done twice. */
export const isRemote = ({ type }: Tool): boolean => type === 'mcp'

/** The most input tokens that a tool is expected to bring in. OpenAI counts 8,000 for a search with small models and states no limit for the others. */
const searchTokensMax = 32_768
const otherTokensMax = 131_072
/** The most calls that one answer is expected to make, where the client states no limit; and at worst. */
const searchesHeld = 10
const searchesMax = 100
const picturesHeld = 1
const picturesMax = 10
/** Of a tool's own prompt, and of the pictures that it is shown. */
const pictureInputTokensMax = 16_384

/** Tools that keep what they work on, or work on what is kept, in an upstream's account, or are billed by what no answer tells. */
const unserved: Readonly<Record<string, string>> = {
  file_search: 'it searches stores of an account',
  code_interpreter: 'it runs in containers of an account',
}

/** Throws `invalid_request` for a tool that nothing here can be charged or kept apart for. */
export function refuseTools(tools: readonly Tool[]): void {
  for (const [at, tool] of tools.entries()) {
    const type = textOf(tool['type'])
    const why = Object.hasOwn(unserved, type)
      ? unserved[type]
      : isInContainer(tool)
        ? unserved['code_interpreter']
        : null
    if (why)
      throw invalid(
        `tools[${at}].type`,
        `The tool '${type}' is not served: ${why}. Use other tools, or functions of your own.`,
      )
  }
  if (tools.filter(isPicture).length > 1)
    throw invalid('tools', `The tool 'image_generation' is given twice; give it once.`)
}

/** A shell runs at the client, unless it is given a container. */
function isInContainer({ type, environment }: Tool): boolean {
  const kind = textOf((environment as Fields | null | undefined)?.['type'])
  return type === 'shell' && kind !== '' && kind !== 'local'
}

/** What the tools of a response use: as a rule at most, and at worst. */
export type ToolUse = { readonly tokensMax: number; readonly pieces: Usage; readonly piecesMax: Usage }

/** `callsMax`: as the client limits them, all tools together; null for no limit. `pictureModel`: that of its tool. */
export function toolUseOf(tools: readonly Tool[], callsMax: number | null, pictureModel: string): ToolUse {
  const searches = tools.filter(isSearch).length > 0
  const picture = tools.find(isPicture)
  const others = tools.filter((tool) => !isSearch(tool) && !clientTools.has(tool['type'])).length
  const atMost = (calls: number): number => Math.min(calls, callsMax ?? calls)
  const used = (searchCalls: number, pictures: number): Usage => ({
    ...(searches && { webSearchCall: searchCalls }),
    ...(picture && pictureUse(picture, pictureModel, pictures)),
  })
  return {
    tokensMax: (searches ? searchTokensMax : 0) + others * otherTokensMax,
    // A limit that is stated is what is held, up to what anybody means.
    pieces: used(atMost(searchesHeld), atMost(picturesHeld)),
    piecesMax: used(atMost(searchesMax), atMost(picturesMax)),
  }
}

/** All that a tool is given is held as pictures, which are dearer than text. */
function pictureUse(tool: Tool, model: string, pictures: number): Usage {
  const partials = isQuantity(tool['partial_images']) ? Math.min(tool['partial_images'], partialsMax) : 0
  const output = pictureTokensMax(model, pictureOf(tool)) + partials * partialTokens
  return { toolImageInput: pictures * pictureInputTokensMax, toolImageOutput: pictures * output }
}
const partialsMax = 3

/**
 * OpenAI's own default is a newer model with every year, whose price nobody here may know: where the client names none,
 * the newest that we know is named.
 */
export const pictureModelUnsaid = 'gpt-image-2'
/** The model that the tool for pictures asks, of those that an answer or a request has. */
export const pictureModelOf = (tools: readonly Tool[]): string =>
  textOf(tools.find(isPicture)?.['model']) || pictureModelUnsaid

/** What a tool or a call of one says of the pictures it makes. */
export const pictureOf = ({ quality, size }: Fields): Picture => ({
  quality: typeof quality === 'string' ? quality : null,
  size: typeof size === 'string' ? size : null,
})
