/** Where Vertex AI takes other bodies than AI Studio does; all else stays as the client wrote it, byte for byte. */
import {
  edited,
  elementsOf,
  insertion,
  membersOf,
  removals,
  replacement,
  type Edit,
  type Member,
} from '../../lib/json-text.ts'
import type { Purpose } from '../deployment.ts'

/** The text of a body as Vertex AI takes it. One pass, however many contents there are. */
export function vertexBody(text: string, { operation }: Pick<Purpose, 'operation'>): string {
  const body = operation === 'countTokens' ? counted(text) : text
  const members = membersOf(body)
  const contents = objectsIn(body, memberOf(members, 'contents'))
  const config = objectsIn(body, memberOf(members, 'generationConfig', 'generation_config'))
  return edited(body, [
    ...removals(body, isStudioField),
    ...config.flatMap((start) => removals(body, isStudioField, start)),
    ...contents.flatMap((start) => contentEdits(body, start)),
  ])
}

/**
 * Fields of the Gemini API that Vertex AI does not have and refuses: of a call, of its `generationConfig`
 * and of parts (https://github.com/googleapis/js-genai, `is only supported in Gemini Developer API mode`).
 */
const studioFields = new Set([
  'store',
  'enableEnhancedCivicAnswers',
  'enable_enhanced_civic_answers',
  'mediaProcessing',
  'media_processing',
])
const isStudioField = (key: string): boolean => studioFields.has(key)

/** Where the objects of a member begin that is one object or a list of them; none of anything else. */
function objectsIn(text: string, member: Member | undefined): number[] {
  if (!member) return []
  const starts = text[member.start] === '[' ? elementsOf(text, member.start) : [member.start]
  return starts.filter((start) => text[start] === '{')
}

/** The last of two equal keys is the one that counts. */
const memberOf = (members: readonly Member[], ...names: readonly string[]): Member | undefined =>
  members.findLast(({ key }) => names.includes(key))

/** Vertex AI wants a role with every content, where AI Studio takes the user's for granted. */
function contentEdits(text: string, start: number): Edit[] {
  const members = membersOf(text, start)
  const role = memberOf(members, 'role')
  const parts = objectsIn(text, memberOf(members, 'parts'))
  return [
    ...(role ? unsaid(text, role) : [insertion(text, 'role', 'user', start)]),
    ...parts.flatMap((part) => removals(text, isStudioField, part)),
  ]
}

/** In Google's JSON null and empty text are as good as nothing (https://protobuf.dev/programming-guides/json). */
const unsaid = (text: string, role: Member): Edit[] =>
  ['null', '""'].includes(text.slice(role.start, role.end)) ? [replacement(role, 'user')] : []

/** What Vertex AI counts: https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/projects.locations.publishers.models/countTokens */
const countedFields = new Set([
  'contents',
  'systemInstruction',
  'system_instruction',
  'tools',
  'generationConfig',
  'generation_config',
])

/** AI Studio takes a whole call to count its tokens, where Vertex AI takes the parts of one. */
function counted(text: string): string {
  const whole = memberOf(membersOf(text), 'generateContentRequest', 'generate_content_request')
  if (!whole || text[whole.start] !== '{') return text
  const call = text.slice(whole.start, whole.end)
  return edited(
    call,
    removals(call, (key) => !countedFields.has(key)),
  )
}
