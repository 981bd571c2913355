/**
 * The page at `/`, for customers: what this is, that it is simulated when it is, how to make the first call, and what
 * is served. Of who runs it, and how, it says nothing.
 * One document that asks for nothing else, so it works on a machine without a network.
 */
import { hash } from 'node:crypto'
import { escapeHtml } from '../../lib/html.ts'
import { copyScript } from './copy-script.ts'
import { mark } from './mark.ts'
import type { ModelPrice } from '../model-prices.ts'
import { languages, snippets, type Language, type Snippet } from './snippets.ts'
import { welcomeStyle } from './welcome-style.ts'

export type Welcome = {
  /** Where customers reach this server, without a slash at the end. */
  readonly baseUrl: string
  /** Whether the sandbox answers, and no provider. */
  readonly simulated: boolean
  readonly models: readonly ModelPrice[]
  /** Whether its reader's browser has a session. Nobody keeps the page, so it is no other reader's. */
  readonly hasSession: boolean
}

/** The page as HTML. */
export const welcomePage = ({ baseUrl, simulated, models, hasSession }: Welcome): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AICreditMart${simulated ? ' (sandbox)' : ''}</title>
<link rel="icon" href="data:,">
<style>${welcomeStyle}</style>
</head>
<body>
<header><div class="wrap"><span class="mark">${mark}AICreditMart</span><span class="state">${simulated ? 'Sandbox' : 'Live'}</span><a class="in" href="/dashboard">${hasSession ? 'Dashboard' : 'Sign in'}</a></div></header>
<main class="wrap">
<h1>One key for OpenAI and Gemini models.</h1>
<p class="lede">OpenAI’s and Google’s own SDKs in front, one prepaid balance behind. Every request is charged exactly, and has a receipt.</p>
${simulated ? simulatedNote : ''}
${firstCall(baseUrl, simulated)}
${modelList(models)}
${served(baseUrl)}
</main>
<footer><div class="wrap"><span>AICreditMart is open source under Apache-2.0.</span><a href="/docs">API reference</a><a href="/healthz">Health</a><a href="/readyz">Readiness</a></div></footer>
<p class="unseen" role="status" id="said"></p>
<script>${copyScript}</script>
</body>
</html>
`

const simulatedNote = `<div class="note" role="note"><p><strong>This is the sandbox: every answer is simulated.</strong> No provider is called and no real money moves. Metering, prices, limits and receipts are the real ones, and simulated answers carry the header <code>x-mart-sandbox: true</code>.</p></div>`

// ---- The first call ----------------------------------------------------------------------------

const languageNames: Readonly<Record<Language, string>> = { curl: 'curl', python: 'Python', typescript: 'TypeScript' }

const firstCall = (baseUrl: string, simulated: boolean): string => `<section aria-labelledby="first-call">
<h2 id="first-call">Make the first call</h2>
<p class="soft">Point an official SDK here and put your key in place of <code>YOUR_API_KEY</code>. ${simulated ? printedKey : givenKey}</p>
<div class="bases">
${base(`${escapeHtml(baseUrl)}/v1/`, 'OpenAI models, with the OpenAI SDK')}
${base(`${escapeHtml(baseUrl)}/genai`, 'Gemini models, with the Google GenAI SDK')}
</div>
<fieldset><legend>Language of the examples</legend>
${languages.map(languageChoice).join('\n')}
${languages.map((language) => calls(language, baseUrl)).join('\n')}
</fieldset>
</section>`

const printedKey =
  'It begins with <code class="whole">sk-bf-</code>. If it is you who runs this gateway: its first start printed one in its terminal, once.'
const givenKey = 'It begins with <code class="whole">sk-bf-</code>, and is given to you by whoever runs this gateway.'

const base = (url: string, about: string): string =>
  `<div class="base"><div><span>${about}</span><code>${url}</code></div>${copyButton(url, `Copy the base URL for ${about}`)}</div>`

const languageChoice = (language: Language): string =>
  `<input type="radio" name="language" id="as-${language}"${language === 'python' ? ' checked' : ''}><label class="choice" for="as-${language}">${languageNames[language]}</label>`

function calls(language: Language, baseUrl: string): string {
  const { openai, genai } = snippets(baseUrl, 'YOUR_API_KEY')[language]
  return `<div class="calls ${language}">
${call('OpenAI', languageNames[language], openai)}
${call('Google Gemini', languageNames[language], genai)}
</div>`
}

function call(vendor: string, language: string, { install, code }: Snippet): string {
  const how = install === null ? '' : `<small>${install}</small>`
  const button = copyButton(null, `Copy the ${language} example for ${vendor}`)
  return `<article class="call"><div><div><h3>${vendor}</h3>${how}</div>${button}</div><pre><code>${escapeHtml(code)}</code></pre></article>`
}

/** Copies the text, or without one the code of its article. */
const copyButton = (text: string | null, label: string): string =>
  `<button type="button" aria-label="${label}"${text === null ? '' : ` data-copy="${text}"`}>Copy</button>`

// ---- Models, and what is served -------------------------------------------------------------------

const modelList = (models: readonly ModelPrice[]): string => `<section aria-labelledby="models">
<h2 id="models">Models and prices</h2>
<p class="soft">USD per million tokens at the standard tier, unless it says per second. Longer contexts and other tiers have prices of their own; each receipt names the one it used.</p>
${sheet(
  'OpenAI models',
  models.filter(({ dialect }) => dialect === 'openai'),
)}
${sheet(
  'Google Gemini models',
  models.filter(({ dialect }) => dialect === 'genai'),
)}
</section>`

const sheet = (title: string, models: readonly ModelPrice[]): string =>
  models.length === 0
    ? ''
    : `<div class="sheet"><table>
<caption>${title}</caption>
<thead><tr><th scope="col">Model</th><th scope="col" class="about">Good for</th><th scope="col">Kind</th><th scope="col" class="money">Input</th><th scope="col" class="money cached">Cached</th><th scope="col" class="money">Output</th></tr></thead>
<tbody>
${models.map(modelRow).join('\n')}
</tbody></table></div>`

function modelRow({ id, kind, description, input, cachedInput, output, videoSecond }: ModelPrice): string {
  const lastPrice = videoSecond === null ? money(output) : `$${videoSecond}/s`
  return `<tr><th scope="row"><code>${escapeHtml(id)}</code></th><td class="about">${escapeHtml(description)}</td><td class="kind">${kind}</td><td class="money">${money(input)}</td><td class="money cached">${money(cachedInput)}</td><td class="money">${lastPrice}</td></tr>`
}

const money = (usd: string | null): string => (usd === null ? '<span aria-label="none">–</span>' : `$${usd}`)

const urls: readonly (readonly [url: string, about: string])[] = [
  ['POST /v1/chat/completions', 'Chat, whole or streamed'],
  ['POST /v1/responses', 'Responses, whole, streamed or in the background'],
  ['POST /v1/images/generations', 'Pictures; /v1/images/edits makes them of pictures'],
  ['POST /v1/videos', 'Videos, as jobs'],
  ['POST /v1/files', 'Files, for free, to be named by id'],
  ['POST /v1/embeddings', 'Embeddings'],
  ['GET /v1/models', 'The models that your key may use'],
  ['GET /v1/receipts/REQUEST_ID', 'What a request cost, line by line; every answer has its id in x-request-id'],
  ['GET /v1/credits', 'What you were given, have used and can spend'],
  ['GET /v1/usage?by=model', 'What you used, by model, key, endpoint, region or day'],
  ['POST /genai/v1beta/models/MODEL:generateContent', 'Gemini; streamed as :streamGenerateContent'],
  ['POST /genai/v1beta/models/MODEL:countTokens', 'How many tokens a prompt has, for free'],
  ['GET /genai/v1beta/models', 'The Gemini models that your key may use'],
]

const served = (baseUrl: string): string => `<section aria-labelledby="served">
<h2 id="served">What is served</h2>
<p class="soft">Keys are sent as <code class="whole">Authorization: Bearer</code>, <code class="whole">x-goog-api-key</code> or <code class="whole">api-key</code>. AzureOpenAI clients take <code>${escapeHtml(baseUrl)}</code> as their endpoint. Web pages may call it from a browser, where the gateway allows their origin.</p>
<dl>
${urls.map(([url, about]) => `<div><dt><code>${url}</code></dt><dd>${about}</dd></div>`).join('\n')}
</dl>
</section>`

const sourceOf = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`
/** What the page may do, for its `content-security-policy` header: its own style and script, and nothing else. */
export const welcomePolicy = `default-src 'none'; style-src ${sourceOf(welcomeStyle)}; script-src ${sourceOf(copyScript)}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
