/**
 * What a vendor's error body may tell a client: everything but our account. Names of projects,
 * organizations, hosts and keys are taken out of the text; what holds none of them stays as it came.
 */
export type Scrub = (text: string, names: { readonly upstreamModel: string; readonly askedModel: string }) => string

/** Google's and OpenAI's ways of naming an account, wherever they stand. */
const accountNames: readonly (readonly [RegExp, string])[] = [
  [/\bprojects\/[\w.:-]+/g, 'projects/…'],
  [/\bproject(?: number|_number:|:| )\s*"?\d{5,}"?/gi, 'project …'],
  [/\b(?:consumer|project_number)['": ]+(?:projects\/)?\d{5,}/gi, 'project …'],
  [/\borg-[\w-]+/g, 'org-…'],
  [/\bproj_[\w-]+/g, 'proj_…'],
  [/\bsk-[\w*-]{6,}/g, 'sk-…'],
  [/\bAIza[\w*-]{6,}/g, '…'],
  [/\b[\w-]+\.(?:openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com)\b/g, '…'],
  [/\b[\w.-]+@[\w.-]+\.iam\.gserviceaccount\.com\b/g, '…'],
]
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
/** A name as a word of its own: `gpt` is no part of `gpt-5.4`. */
const wordPattern = (name: string): RegExp => new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w-]|\\.\\w)`, 'g')

/** Takes our account out of texts; `own` are names from our configuration. */
export function scrubber(own: readonly (string | undefined)[]): Scrub {
  const ownNames = own.filter((name) => name !== undefined && name.length > 2).map((name) => wordPattern(name!))
  return (text, { upstreamModel, askedModel }) => {
    let scrubbed = ownNames.reduce((left, name) => left.replaceAll(name, '…'), text)
    for (const [pattern, instead] of accountNames) scrubbed = scrubbed.replaceAll(pattern, instead)
    return upstreamModel === askedModel ? scrubbed : scrubbed.replaceAll(wordPattern(upstreamModel), askedModel)
  }
}
