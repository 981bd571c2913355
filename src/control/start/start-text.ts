/** What a start prints. Every command in it works as it is printed, in any shell of the checkout. */
import { resolve } from 'node:path'
import type { Model } from '../../catalog/catalog.ts'
import { snippets, type Snippet } from '../welcome/snippets.ts'

export type Started = {
  readonly url: string
  /** How `mart` is called. */
  readonly mart: string
  /** Where the first operator chooses a password; null: there is an operator. */
  readonly setupUrl: string | null
}

/** How `mart` is called from the checkout so that it finds the server of this data folder. */
export function martCommand(dataDir: string, checkout: string): string {
  return dataDir === resolve(checkout, 'data') ? 'npx mart' : `DATA_DIR=${shellWord(dataDir)} npx mart`
}

/** The text as one word of a POSIX shell. */
const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

type FirstRun = Started & { readonly key: string; readonly organizationId: string }

/** For the first start of a sandbox. Snippets begin in the first column, as Python wants them pasted. */
export function firstRunText({ url, mart, key, organizationId, setupUrl }: FirstRun): string {
  const { curl, python } = snippets(url, key)
  return [
    '',
    `AICreditMart is running at ${url}`,
    simulatedText,
    '',
    `Your test key, shown only this once:  ${key}`,
    'It belongs to the organization “Sandbox”, which has $100.00 of test credit.',
    '',
    ...section('curl', curl.openai),
    ...section('OpenAI SDK in Python', python.openai),
    ...section('Google GenAI SDK in Python', python.genai),
    `TypeScript, models and prices: ${url}`,
    accountLine(url, setupUrl),
    '',
    '── What it cost, in another terminal in this folder',
    `${mart} usage --org ${organizationId}`,
    '',
  ].join('\n')
}

type FirstLiveKey = Started & {
  /** What the first call may ask for; null when nothing is served yet. */
  readonly model: Pick<Model, 'id' | 'dialect'> | null
}

/** For every start with real providers until there is a live key: the way to it. */
export function firstLiveKeyText({ url, mart, model, setupUrl }: FirstLiveKey): string {
  return [
    '',
    `AICreditMart is running at ${url}`,
    'Real providers are configured, and there is no live key yet.',
    '',
    '── An organization, its credit and its key, in another terminal in this folder',
    `org=$(${mart} org create 'My company' --json | grep -o 'org_[^"]*')`,
    `${mart} credit grant --live --org $org --usd 25.00`,
    `key=$(${mart} key create --live --org $org --json | grep -o 'sk-bf-[0-9a-f-]\\{36\\}')`,
    'echo "Your live key, shown only this once: $key"',
    '',
    ...(model ? section('The first call, in the same terminal', firstCall(url, model)) : []),
    '── What it cost',
    `${mart} usage --live --org $org`,
    '',
    `SDKs, models and prices: ${url}`,
    accountLine(url, setupUrl),
    '',
  ].join('\n')
}

const firstCall = (url: string, { id, dialect }: Pick<Model, 'id' | 'dialect'>): Snippet =>
  snippets(url, '$key', { openai: id, genai: id }).curl[dialect]

const section = (title: string, { install, code }: Snippet): string[] => [
  `── ${title}${install === null ? '' : ` (${install})`}`,
  code.replace('\n\n', '\n'),
  '',
]

/** For every other start. */
export const startText = ({ url, mart, simulated, setupUrl }: Started & { readonly simulated: boolean }): string =>
  [
    '',
    `AICreditMart is running at ${url}`,
    ...(simulated ? [simulatedText] : []),
    `Organizations: ${mart} org list`,
    `Another key:   ${mart} key create --help`,
    accountLine(url, setupUrl),
    '',
  ].join('\n')

/** Of the operator, who has none yet; else where to sign in. */
const accountLine = (url: string, setupUrl: string | null): string =>
  setupUrl === null ? `Dashboard: ${url}/dashboard` : `Your account, once: ${setupUrl}`

const simulatedText = 'Sandbox: every answer is simulated, no provider is called, no real money moves.'
