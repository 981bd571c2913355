/** Which tools a prompt plainly asks for, and what an answer says of what they returned. */
import { wordsOf } from './mentions.ts'

/** A tool, as far as it can be recognised. */
export type Described = { readonly name: string; readonly description?: string | null | undefined }

/** The tools whose names, or two words of whose descriptions, are in the prompt. */
export function toolsAskedFor<Tool extends Described>(tools: readonly Tool[], prompt: string): readonly Tool[] {
  const said = new Set(wordsOf(prompt.slice(0, promptCharactersMax)).split(' ').map(stemOf))
  return tools.filter((tool) => isNamed(tool, said) || isDescribed(tool, said))
}

const promptCharactersMax = 4_000

function isNamed({ name }: Described, said: ReadonlySet<string>): boolean {
  const all = wordsOf(name).split(' ')
  const telling = all.filter((word) => !commonWords.has(word))
  const words = telling.length > 0 ? telling : all
  return words.filter((word) => said.has(stemOf(word))).length * 2 >= words.length
}

function isDescribed({ description }: Described, said: ReadonlySet<string>): boolean {
  const words = wordsOf((description ?? '').slice(0, promptCharactersMax)).split(' ')
  const telling = new Set(words.filter((word) => word.length > 3 && !commonWords.has(word)).map(stemOf))
  return [...telling].filter((word) => said.has(word)).length >= 2
}

/** Near enough to tell "multiplies" by "multiply". */
const stemOf = (word: string): string => word.replace(/(?:ies|ied|ying|y)$/, 'i').replace(/(?:ing|ed|es|e|s)$/, '')

const commonWords = new Set(
  'a about all and answer api are call calls can check current data do does execute fetch find for from function functions get given gives handle in information input is list lookup look make my name of on or perform please provide query request retrieve return returns run search set tell that the then this to tool tools up use used user using value what when where which will with word you your'.split(
    ' ',
  ),
)

/** What a tool returned, and whose result it is. */
export type ToolResult = { readonly name: string | undefined; readonly result: string }

/** An answer in words that uses what tools returned. */
export const answerFrom = (results: readonly ToolResult[]): string =>
  results
    .slice(0, resultsMax)
    .map(({ name, result }) => sentence(`According to ${name ?? 'the tool'}, ${inWords(jsonOf(result))}`))
    .join(' ')

const resultsMax = 20
const resultCharactersMax = 400

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

function jsonOf(result: string): unknown {
  try {
    return JSON.parse(result)
  } catch {
    return result
  }
}

function inWords(result: unknown): string {
  if (typeof result !== 'object' || result === null) return cut(String(result)) || 'nothing came back'
  const entries = Object.entries(result)
  if (entries.length === 1 && /^(?:result|output|content)$/.test(entries[0]![0])) return inWords(entries[0]![1])
  const said = entries.map(
    ([key, value]) => `${Array.isArray(result) ? 'item' : wordsOf(key)} ${isMany(value)} ${valueText(value)}`,
  )
  return cut(said.join(', ').replace(/, ([^,]*)$/, ' and $1')) || 'nothing came back'
}

const isMany = (value: unknown): string => (Array.isArray(value) ? 'are' : 'is')
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(' and ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
const cut = (text: string): string => text.trim().slice(0, resultCharactersMax)
