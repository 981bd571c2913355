/** `POST /v1/responses`: what we read of a request, and of its plain answer. See docs/decisions/0021-responses.md. */
import { wholeText } from '../../../../lib/json-skeleton.ts'
import {
  edited,
  elementsOf,
  insertion,
  membersOf,
  removals,
  replacement,
  type Edit,
} from '../../../../lib/json-text.ts'
import type {
  AnswerReader,
  Asked,
  Demand,
  Effects,
  JsonBody,
  Reading,
  UpstreamChange,
  Written,
} from '../../../dialect.ts'
import type { Operation } from '../../../operation.ts'
import { promptPrefix } from '../../prompt-prefix.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { mediaOf } from '../chat/media.ts'
import { mediaIn } from '../chat/prompt.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { isWithin, outOfRange } from '../fields.ts'
import { refuseRepeatedItems } from '../repeated-ids.ts'
import { askedTiers } from '../usage.ts'
import { readResponse } from './answer.ts'
import { untranslatable } from './as-chat/refuse.ts'
import { wireAsChat } from './as-chat/wire.ts'
import { askReserved } from './background.ts'
import { billedKeys, creationOf, limitRange, type Creation } from './creation.ts'
import { responseAsStream } from './events.ts'
import { itemText, partsOf, textOf } from './items.ts'
import { chatPart } from './parts.ts'
import { mayBeNameless, withKnown } from './nameless.ts'
import { followResponse } from './stream.ts'
import { isPicture, isRemote, pictureModelOf, pictureModelUnsaid, toolUseOf } from './tools.ts'

export const createResponse: Operation = {
  name: 'responses',
  dialect: openai,
  method: 'POST',
  path: '/v1/responses',
  kinds: ['text'],
  body: { kind: 'json', bytesMax: 32 * 1024 * 1024 },
  passes: openaiHeaders,
  due: 'at-end',
  effects: 'leaves-record',
  askJob: askReserved,
  read(body) {
    const creation = creationOf(body.json)
    refuseDuplicates(body, billedKeys, ['conversation'])
    refuseRepeatedItems(body)
    return asked(creation, body)
  },
}

/** What stands around the items is shorter than the JSON around them, but for a few tokens. */
const scaffoldTokensMax = 64
const charsPerToken = 4

function asked(creation: Creation, body: JsonBody): Asked {
  const { model, items, maxOutputTokens, maxToolCalls, tools } = creation
  const judged =
    maxOutputTokens === null || isWithin(maxOutputTokens, limitRange)
      ? null
      : outOfRange('max_output_tokens', maxOutputTokens, limitRange)
  const messages = items.map((item) => ({ content: partsOf(item).map(chatPart) }))
  const media = mediaOf(messages, model, body.strings)
  const pictureModel = pictureModelOf(tools)
  const use = toolUseOf(tools, maxToolCalls, pictureModel)
  // A token is at least one byte of text, and JSON never makes text shorter.
  const textBytes = body.bytes.length - media.bytes
  const isAssumed = media.isAssumed || use.tokensMax > 0 || Object.keys(use.pieces).length > 0
  return {
    target: { kind: 'model', name: model, references: creation.references },
    ...(mayBeNameless(items) && { askedOf: (known) => asked(withKnown(creation, known), body) }),
    demand: {
      input: {
        max: isOpen(creation)
          ? Number.POSITIVE_INFINITY
          : textBytes + media.tokensMax + use.tokensMax + scaffoldTokensMax,
        isAssumed,
        guess: Math.ceil(textBytes / charsPerToken),
      },
      output: { max: judged === null ? maxOutputTokens : null, answers: 1, floor: limitRange.min },
      judged,
      pieces: use.pieces,
      piecesMax: use.piecesMax,
      tool: pictureToolOf(creation, pictureModel),
      tiers: askedTiers(creation.serviceTier),
      prompt: () => promptOf(body, creation),
      isDeferred: creation.background,
    },
    wire: {
      path: () => '/responses',
      body: (change) => upstreamBody(body, creation, change),
      answer: answerReader(creation, pictureModel),
    },
    translation: {
      wire: (limitName) => wireAsChat(creation, body, limitName),
      refused: untranslatable(creation, body.json),
    },
    effects: effectsOf(creation),
    affinity: () => affinityOf(body),
  }
}

/** Whether it brings in what was said before, of which we see nothing: then it may be all that the model takes. */
const isOpen = ({ references }: Creation): boolean => references.some(({ ifUnknown }) => ifUnknown !== 'of-one-account')

/** What was added to a conversation or done by another's server may not be done again; a response that is stored may be made elsewhere. */
function effectsOf({ tools, references, store, background }: Creation): Effects {
  if (background || tools.some(isRemote) || references.some(({ kind }) => kind === 'conversation')) return 'acts'
  return store ? 'leaves-record' : 'none'
}

function answerReader({ stream, background }: Creation, pictureModel: string): AnswerReader {
  const read = (answer: Uint8Array): Reading => readResponse(answer, pictureModel, background)
  if (!stream) return { kind: 'whole', read }
  return {
    kind: 'records',
    framing: 'sse',
    follow: (_headers, ways) => followResponse(pictureModel, ways),
    read,
    asStream: responseAsStream,
  }
}

function pictureToolOf({ tools }: Creation, modelName: string): NonNullable<Demand['tool']> | null {
  const at = tools.findIndex(isPicture)
  return at === -1 ? null : { modelName, field: `tools[${at}].model` }
}

/** The text as its upstream wants it: the model by its name there, an output limit, and a model for the tool that has none. */
function upstreamBody(body: JsonBody, creation: Creation, change: UpstreamChange): Uint8Array {
  const members = membersOf(body.text)
  const set = (key: string, value: unknown): Edit => {
    const member = members.findLast((each) => each.key === key)
    return member ? replacement(member, value) : insertion(body.text, key, value)
  }
  const { upstreamModel, outputTokensPerAnswer, rewrite } = change
  const limit = outputTokensPerAnswer === null ? null : Math.max(outputTokensPerAnswer, limitRange.min)
  const edits = [
    ...(upstreamModel === null ? [] : [set('model', upstreamModel)]),
    ...(limit === null ? [] : [set('max_output_tokens', limit)]),
    ...namingPictures(body.text, members.findLast(({ key }) => key === 'tools')?.start, creation),
    ...unnaming(body.text, members.findLast(({ key }) => key === 'input')?.start, creation),
  ]
  const changed = edited(body.text, edits)
  const text = rewrite ? rewrite(changed, { dialect: 'openai', operation: 'responses' }) : changed
  return text === body.text ? body.bytes : body.strings.expand(text)
}

function namingPictures(text: string, toolsAt: number | undefined, { tools }: Creation): readonly Edit[] {
  const at = tools.findIndex(isPicture)
  if (toolsAt === undefined || at === -1 || textOf(tools[at]!['model']) !== '') return []
  const start = elementsOf(text, toolsAt)[at]!
  const said = membersOf(text, start).findLast(({ key }) => key === 'model')
  return [said ? replacement(said, pictureModelUnsaid) : insertion(text, 'model', pictureModelUnsaid, start)]
}

function unnaming(text: string, inputAt: number | undefined, { nameless }: Creation): readonly Edit[] {
  if (inputAt === undefined || nameless.length === 0) return []
  const starts = elementsOf(text, inputAt)
  return nameless.flatMap((at) => removals(text, (key) => key === 'id', starts[at]))
}

/** The client's own key, or how the input begins: what upstreams keep their prompt caches by. */
function affinityOf({ json, text }: JsonBody): string | null {
  const key = json['prompt_cache_key']
  return typeof key === 'string' && key !== '' ? key : promptPrefix(text, ['"instructions"', '"input"'])
}

/** Instructions, items, tools and the schema that the answer must fit are text to the model; media count by rules. */
function promptOf({ json, strings }: JsonBody, { instructions, items }: Creation): Written {
  const schemas = ['tools', 'text'].map((name) => json[name] ?? '')
  const texts = [instructions, ...items.map(itemText), ...schemas.map((schema) => schema && JSON.stringify(schema))]
  const messages = items.map((item) => ({ content: partsOf(item).map(chatPart) }))
  return { text: wholeText(texts.filter((each) => each !== '').join('\n'), strings), other: mediaIn(messages, strings) }
}
