/**
 * The snippets of the reference are the files of `examples/`, which the tests run: shown with the address and a word for
 * the key where those files ask the environment.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const languages = ['python', 'typescript', 'curl'] as const
type Language = (typeof languages)[number]

const suffixes: Readonly<Record<Language, string>> = { python: 'py', typescript: 'ts', curl: 'sh' }
/** What stands in the files, and what a reader should see of it. */
const shown: readonly (readonly [RegExp, string])[] = [
  [/^import os\n+/m, ''],
  [/os\.environ\["AICREDITMART_BASE_URL"\] \+ "([^"]*)"/g, '"{{base}}$1"'],
  [/os\.environ\["AICREDITMART_API_KEY"\]/g, '"YOUR_API_KEY"'],
  [/process\.env\.AICREDITMART_BASE_URL \+ '([^']*)'/g, "'{{base}}$1'"],
  [/process\.env\.AICREDITMART_API_KEY/g, "'YOUR_API_KEY'"],
  [/"?\$AICREDITMART_BASE_URL([^\s"]*)"?/g, '{{base}}$1'],
  [/\$AICREDITMART_API_KEY/g, 'YOUR_API_KEY'],
]

const folder = join(import.meta.dirname, '..', '..', 'examples')

/** An example in each language that it is written in, as fenced Markdown. */
export function exampleMarkdown(name: string): string {
  const written = languages.flatMap((language) => {
    const path = join(folder, language, `${name}.${suffixes[language]}`)
    return existsSync(path) ? [fence(language === 'curl' ? 'bash' : language, asShown(readFileSync(path, 'utf8')))] : []
  })
  if (written.length === 0) throw new Error(`there is no example ${name}`)
  return written.join('\n\n')
}

const asShown = (code: string): string =>
  shown.reduce((text, [what, instead]) => text.replaceAll(new RegExp(what, withGlobal(what)), instead), code).trim()

const withGlobal = ({ flags }: RegExp): string => (flags.includes('g') ? flags : `${flags}g`)

const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``
