import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { tasks, type Ask } from './call.ts'
import { snippetsOf } from './snippets.ts'

const prompt = 'It’s "so" \'easy\' \\ ${HOME} `x`\n\n# done'
const asks: readonly Ask[] = [
  ...tasks.map((task) => askOf({ task, dialect: 'openai' })),
  askOf({ task: 'chat', dialect: 'genai' }),
  askOf({ task: 'chat', dialect: 'openai', system: prompt, turns: conversation() }),
  askOf({ task: 'chat', dialect: 'genai', system: prompt, turns: conversation() }),
]
function askOf(more: Pick<Ask, 'task' | 'dialect'> & Partial<Ask>): Ask {
  return { model: 'a-model', system: '', turns: [{ role: 'user', text: prompt }], ...more }
}
function conversation(): Ask['turns'] {
  return [
    { role: 'user', text: 'one' },
    { role: 'assistant', text: 'two' },
    { role: 'user', text: prompt },
  ]
}
const codeOf = (language: string): string[] =>
  asks.map((ask) => snippetsOf(ask, 'https://mart.example').find((snippet) => snippet.language === language)!.code)

test('whatever is asked, its TypeScript can be read, and says what is asked', () => {
  for (const code of codeOf('typescript')) {
    const read = new Bun.Transpiler({ loader: 'ts' }).transformSync(code)
    expect(read).toContain('https://mart.example/')
    expect(read).toContain('a-model')
  }
})

const python = Bun.which('python3')
test.skipIf(python === null)(
  `whatever is asked, its Python can be read${python ? '' : ' (skipped: there is no Python here)'}`,
  () => {
    const read = 'import json, sys\nfor code in json.load(sys.stdin): compile(code, "snippet", "exec")'
    const { status, stderr } = spawnSync(python!, ['-c', read], {
      input: JSON.stringify(codeOf('python')),
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  },
)

test('whatever is asked, its curl says to a shell exactly that body', () => {
  for (const code of codeOf('bash')) {
    const said = code.replace(/^curl(?: -N)?/, 'printf "%s\\0"')
    const { stdout } = spawnSync('sh', ['-c', said], { encoding: 'utf8', env: { AICREDITMART_API_KEY: 'key' } })
    const [url, , key, , , , body] = stdout.split('\0')
    expect(url).toStartWith('https://mart.example/')
    expect(key).toEndWith('key')
    expect(JSON.stringify(JSON.parse(body!))).toContain(JSON.stringify(prompt))
  }
})
