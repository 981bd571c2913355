/** What Google refuses of a call whose fields are all right by themselves, in its words. */
import { Refusal } from '../refusal.ts'
import { isSchema } from '../schema-value.ts'
import { declarationsIn } from './functions.ts'
import { wordsIn, type Content, type GenerateCall, type GenerationConfig } from './call.ts'
import { isThinkingModel } from './models.ts'

/** Refuses with 400 contents that are no conversation. */
export function refuseConversation({ contents }: GenerateCall): void {
  if (!contents?.length) throw invalid('contents', 'contents is not specified')
  if (contents.some(({ parts }) => !parts?.length)) throw invalid('contents', 'contents.parts must not be empty.')
  const roles = ['user', 'model', 'function', undefined, '']
  if (contents.some(({ role }) => !roles.includes(role)))
    throw new Refusal(400, 'Please use a valid role: user, model.')
  for (const [at, content] of contents.entries()) refuseResponses(content, contents[at - 1])
}

/** Responses answer the calls of the turn before, every one. */
function refuseResponses({ parts = [] }: Content, before: Content | undefined): void {
  const responses = parts.filter(({ functionResponse }) => functionResponse).length
  if (responses === 0) return
  const calls = (before?.parts ?? []).filter(({ functionCall }) => functionCall).length
  if (calls === 0)
    throw new Refusal(400, 'Please ensure that function response turn comes immediately after a function call turn.')
  if (calls !== responses)
    throw new Refusal(
      400,
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    )
}

/** Refuses with 400 what the model does not take: sampling, limits, thinking, formats and functions. */
export function refuseForModel(call: GenerateCall, model: string): void {
  const config = call.generationConfig ?? {}
  refuseNumbers(config)
  refuseThinking(config, model)
  refuseFormat(config)
  refuseFunctions(call)
  const hasPenalty = Boolean(config.presencePenalty) || Boolean(config.frequencyPenalty)
  if (hasPenalty && /^gemini-3\.(?:[6-9]|5-flash-lite)/.test(model))
    throw new Refusal(400, `Penalty is not enabled for models/${model}`)
}

/** Google lists what is wrong with a request by its field, each on a line of its own. */
const invalid = (field: string, what: string): Refusal =>
  new Refusal(400, `* GenerateContentRequest.${field}: ${what}\n`)

const ranges: readonly (readonly [keyof GenerationConfig, string, number, number])[] = [
  ['temperature', 'temperature', 0, 2],
  ['topP', 'top_p', 0, 1],
  ['presencePenalty', 'presence_penalty', -2, 2],
  ['frequencyPenalty', 'frequency_penalty', -2, 2],
]
const stopSequencesMax = 5

function refuseNumbers(config: GenerationConfig): void {
  for (const [field, name, least, most] of ranges) {
    const value = config[field] as number | undefined
    if (value !== undefined && (value < least || value > most))
      throw invalid(`generation_config.${name}`, `${name} must be in the range [${least}.0, ${most}.0].`)
  }
  const { candidateCount, maxOutputTokens, topK, stopSequences, logprobs, responseLogprobs } = config
  if (candidateCount !== undefined && (candidateCount < 1 || candidateCount > 8))
    throw invalid('generation_config.candidate_count', 'candidate_count must be in the range [1, 8].')
  if (maxOutputTokens !== undefined && maxOutputTokens < 1)
    throw invalid('generation_config.max_output_tokens', 'max_output_tokens must be positive.')
  if (topK !== undefined && topK < 1) throw invalid('generation_config.top_k', 'top_k must be positive.')
  if (stopSequences && stopSequences.length > stopSequencesMax)
    throw invalid('generation_config.stop_sequences', `only up to ${stopSequencesMax} stop sequences are allowed.`)
  if (logprobs === undefined) return
  if (!responseLogprobs)
    throw invalid('generation_config.logprobs', 'logprobs is only allowed when response_logprobs is true.')
  if (logprobs < 0 || logprobs > 20)
    throw invalid('generation_config.logprobs', 'logprobs must be in the range [0, 20].')
}

function refuseThinking({ thinkingConfig }: GenerationConfig, model: string): void {
  const { thinkingBudget, thinkingLevel, includeThoughts } = thinkingConfig ?? {}
  if (thinkingBudget !== undefined && thinkingLevel !== undefined)
    throw new Refusal(400, 'You can only set only one of thinking budget and thinking level.')
  if (!isThinkingModel(model)) {
    if (thinkingLevel !== undefined || (thinkingBudget ?? 0) > 0 || includeThoughts)
      throw new Refusal(400, 'Thinking is not enabled for this model.')
    return
  }
  const isOld = model.startsWith('gemini-2.5')
  if (thinkingLevel !== undefined && isOld) throw new Refusal(400, 'Thinking level is not supported for this model.')
  if (thinkingBudget === undefined) return
  const most = model.startsWith('gemini-2.5-flash') ? 24_576 : 32_768
  if (thinkingBudget < -1 || thinkingBudget > most)
    throw new Refusal(
      400,
      `The thinking budget ${thinkingBudget} is invalid. Please choose a value between 0 and ${most}.`,
    )
  if (thinkingBudget === 0 && /^gemini-(?:2\.5|3(?:\.\d)?)-pro/.test(model))
    throw new Refusal(400, 'Budget 0 is invalid. This model only works in thinking mode.')
}

const mimeTypes = ['text/plain', 'application/json', 'application/xml', 'application/yaml', 'text/x.enum']

function refuseFormat({ responseMimeType, responseSchema, responseJsonSchema }: GenerationConfig): void {
  if (responseMimeType && !mimeTypes.includes(responseMimeType))
    throw invalid(
      'generation_config.response_mime_type',
      `allowed mimetypes are ${mimeTypes
        .slice(0, -1)
        .map((type) => `\`${type}\``)
        .join(', ')} and \`${mimeTypes.at(-1)}\`.`,
    )
  if (responseSchema && responseJsonSchema !== undefined)
    throw invalid('generation_config', 'only one of `response_schema` and `response_json_schema` can be set.')
  const isFormatted = responseMimeType === 'application/json' || responseMimeType === 'text/x.enum'
  const schema = responseSchema ?? responseJsonSchema
  if (schema !== undefined && !isFormatted)
    throw invalid(
      'generation_config.response_schema',
      'response_schema is only allowed with response_mime_type `application/json` or `text/x.enum`.',
    )
  if (responseMimeType === 'text/x.enum' && wordsIn(schema).length === 0)
    throw invalid(
      'generation_config.response_schema',
      'response_mime_type `text/x.enum` needs a STRING schema with enum.',
    )
  if (responseSchema) refuseSchema(responseSchema, 'generation_config.response_schema')
}

/** Google's own kind of schema has rules of its own; JSON Schema is taken as it is. */
function refuseSchema(schema: unknown, path: string): void {
  if (!isSchema(schema)) return
  const { type, properties, required, items, anyOf } = schema
  const given = isSchema(properties) ? properties : {}
  if (type === 'OBJECT' && properties !== undefined && Object.keys(given).length === 0)
    throw invalid(`${path}.properties`, 'should be non-empty for OBJECT type')
  if (type === 'ARRAY' && items === undefined) throw invalid(`${path}.items`, 'missing field.')
  if (schema['enum'] !== undefined && type !== 'STRING' && type !== undefined)
    throw invalid(`${path}.enum`, 'only allowed for STRING type')
  if (
    type === 'STRING' &&
    typeof schema['format'] === 'string' &&
    !['enum', 'date-time', 'date', 'time', 'duration'].includes(schema['format'])
  )
    throw invalid(`${path}.format`, "only 'enum' and 'date-time' are supported for STRING type")
  const names = Array.isArray(required) ? required : []
  const unknownAt = names.findIndex((name) => !Object.hasOwn(given, String(name)))
  if (unknownAt >= 0) throw invalid(`${path}.required[${unknownAt}]`, 'property is not defined')
  for (const [name, inner] of Object.entries(given)) refuseSchema(inner, `${path}.properties[${name}]`)
  refuseSchema(items, `${path}.items`)
  if (Array.isArray(anyOf)) anyOf.forEach((branch, at) => refuseSchema(branch, `${path}.any_of[${at}]`))
}

function refuseFunctions(call: GenerateCall): void {
  const declared = declarationsIn(call)
  for (const [at, { name = '', parameters, parametersJsonSchema }] of declared.entries()) {
    const path = `tools[0].function_declarations[${at}]`
    if (!/^[a-zA-Z_][\w.:-]{0,63}$/.test(name))
      throw invalid(
        `${path}.name`,
        'Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.',
      )
    if (parameters && parametersJsonSchema !== undefined)
      throw invalid(path, 'only one of `parameters` and `parameters_json_schema` can be set.')
    if (declared.findIndex((other) => other.name === name) !== at)
      throw new Refusal(400, `Duplicate function declaration found: ${name}`)
    refuseSchema(parameters, `${path}.parameters`)
  }
  const { mode, allowedFunctionNames = [] } = call.toolConfig?.functionCallingConfig ?? {}
  if (mode === 'ANY' && declared.length === 0)
    throw new Refusal(400, 'Function calling config is set without function_declarations.')
  if (allowedFunctionNames.length === 0) return
  const path = 'tool_config.function_calling_config.allowed_function_names'
  if (mode !== 'ANY' && mode !== 'VALIDATED')
    throw invalid(path, 'allowed_function_names should only be set when mode is ANY or VALIDATED.')
  const strange = allowedFunctionNames.find((name) => !declared.some((other) => other.name === name))
  if (strange !== undefined) throw invalid(path, `${strange} is not one of the declared functions.`)
}
