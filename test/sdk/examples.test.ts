/**
 * The snippets of the API reference, run by the very commands of their README: real SDKs, real processes, and
 * afterwards the account is audited to the nano-USD.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { audit } from '../support/audit.ts'
import { describeMp4 } from '../support/mp4.ts'
import { balanceNano, openAccount, type Account } from '../support/mart.ts'
import { plainEnvironment, root, run } from '../support/program.ts'
import { hasPython, noPython } from '../support/python.ts'
import { startRecorder } from '../support/recorder.ts'
import { startServer, type Server } from '../support/start-server.ts'

const exampleMsMax = 60_000
const startMsMax = 60_000

type Example = {
  readonly name: string
  readonly says: RegExp
  readonly endpoint: string
  readonly model: string
  /** The picture it saves, with its width and height. */
  readonly picture?: { readonly file: string; readonly pixels: number }
  /** The MP4 it saves, with what its boxes say. */
  readonly video?: { readonly file: string; readonly is: string }
  /** A picture that it finds in the folder. */
  readonly given?: string
  /** What it asks, one after the other; otherwise it is one call, and of a video until that is there. */
  readonly asks?: readonly string[]
  /** Whether it is one that the reference which we were given does not have. */
  readonly isOurs?: true
}

const examples: readonly Example[] = [
  { name: 'quickstart', says: /\S/, endpoint: '/v1/chat/completions', model: 'gpt-5.4' },
  { name: 'text', says: /\S[\s\S]*\nTokens used: [1-9]\d*\n$/, endpoint: '/v1/chat/completions', model: 'gpt-5.4' },
  {
    name: 'responses',
    says: /\S[\s\S]*\nTokens used: [1-9]\d*\n$/,
    endpoint: '/v1/responses',
    model: 'gpt-5.4',
    isOurs: true,
  },
  {
    name: 'file',
    says: /\S/,
    endpoint: '/v1/responses',
    model: 'gpt-5.4',
    asks: ['POST 200', 'POST 200', 'DELETE 200'],
    isOurs: true,
  },
  { name: 'embeddings', says: /^Dimensions: 1536\n$/, endpoint: '/v1/embeddings', model: 'text-embedding-3-small' },
  {
    name: 'image',
    says: /^Saved horse\.png\n$/,
    endpoint: '/v1/images/generations',
    model: 'gpt-image-2',
    picture: { file: 'horse.png', pixels: 1024 },
  },
  {
    name: 'image_edit',
    says: /^Saved saddled\.png\n$/,
    endpoint: '/v1/images/edits',
    model: 'gpt-image-2',
    given: 'horse.png',
    picture: { file: 'saddled.png', pixels: 1024 },
    isOurs: true,
  },
  {
    name: 'video',
    says: /^(?:Status: (?:in_progress|completed)\n)+Saved output\.mp4\n$/,
    endpoint: '/v1/videos',
    model: 'sora-2',
    video: { file: 'output.mp4', is: '1280x720, 4 s' },
  },
  { name: 'gemini_text', says: /\S/, endpoint: ':generateContent', model: 'gemini-3.5-flash' },
  {
    name: 'gemini_image',
    says: /^Saved gemini-3\.1-flash-image\.png\n$/,
    endpoint: ':generateContent',
    model: 'gemini-3.1-flash-image',
    picture: { file: 'gemini-3.1-flash-image.png', pixels: 1024 },
  },
  {
    name: 'gemini_image_4k',
    says: /^Saved gemini-3\.1-flash-image\.png\n$/,
    endpoint: ':generateContent',
    model: 'gemini-3.1-flash-image',
    picture: { file: 'gemini-3.1-flash-image.png', pixels: 4096 },
  },
]

const languages = [
  { language: 'python', suffix: 'py', isThere: hasPython },
  { language: 'typescript', suffix: 'ts', isThere: true },
  { language: 'curl', suffix: 'sh', isThere: Bun.which('curl') !== null },
] as const

/** As people read them: by example, `python/text.py`. */
const commands = new Map(
  [...readFileSync(join(root, 'examples', 'README.md'), 'utf8').matchAll(/`(npm run example (\S+))`/g)].map(
    ([, command, name]) => [name!, command!],
  ),
)

let server: Server

beforeAll(async () => {
  server = await startServer()
}, startMsMax)
afterAll(() => server?.stop(), startMsMax)

test('the README has a command for every example, and for nothing else', () => {
  const files = languages.flatMap(({ language }) =>
    readdirSync(join(root, 'examples', language)).map((file) => `${language}/${file}`),
  )
  expect([...commands.keys()].toSorted()).toEqual(files.toSorted())
})

describeExamples(
  examples.filter(({ video }) => !video),
  test,
)
// They wait for their video, five seconds at a time: all of them at once.
describeExamples(
  examples.filter(({ video }) => video),
  test.concurrent,
)

function describeExamples(those: readonly Example[], testWhenThere: typeof test): void {
  for (const { language, suffix, isThere } of languages) {
    const without = language === 'python' && !isThere ? ` (${noPython})` : ''
    describe(`examples/${language}${without}`, () => {
      for (const example of those)
        (isThere ? testWhenThere : test.skip)(
          `${example.name}.${suffix} does what the reference says, for exactly its receipt`,
          () =>
            check(
              language === 'curl' ? asCurlSays(example) : example,
              commands.get(`${language}/${example.name}.${suffix}`)!,
            ),
          exampleMsMax + startMsMax,
        )
    })
  }
}

/** What curl has is the answer itself, and of a picture or a video it says nothing. */
const asCurlSays = (example: Example): Example => ({
  ...example,
  says: example.picture || example.video ? /^$/ : /"usage(?:Metadata)?": ?\{/,
})

const blank = { create: { width: 1024, height: 1024, channels: 3, background: 'white' } } as const

async function check(example: Example, command: string): Promise<void> {
  const account = await openAccount(server, '25.00')
  const beforeNano = await balanceNano(server, account.organizationId)
  expect(beforeNano).toBe(25_000_000_000n)
  const recorder = startRecorder(server.baseUrl)
  const folder = folderInCheckout()
  try {
    if (example.given) await sharp(blank).toFile(join(folder, example.given))
    const ran = await run('bash', ['-c', command], {
      env: environment(recorder.url, account),
      cwd: folder,
      msMax: exampleMsMax,
    })
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    expect(saidBy(ran.stdout)).toMatch(example.says)
    if (example.picture) await expectPicture(join(folder, example.picture.file), example.picture.pixels)
    else if (example.video) expect(describeMp4(readFileSync(join(folder, example.video.file)))).toBe(example.video.is)
    else expect(readdirSync(folder)).toEqual([])

    const audited = await audit(server, account, recorder, beforeNano)
    expect(audited.faults).toEqual([])
    const exchanges = recorder.exchanges.map(({ method, status }) => `${method} ${status}`)
    // A video is asked for until it is there, and fetched.
    if (example.video) expect(exchanges.join(', ')).toMatch(/^POST 200(?:, GET 200){2,}$/)
    else expect(exchanges).toEqual([...(example.asks ?? ['POST 200'])])
    const paid = recorder.exchanges.find(({ path }) => path.endsWith(example.endpoint))!
    expect(paid.headers.get('x-mart-sandbox')).toBe('true')
    const sum = example.video ? 'x-mart-reserved-usd' : 'x-mart-charge-usd'
    expect(paid.headers.get(sum)).toMatch(/^\d+\.\d{2,9}$/)
    expect(audited.receipts).toMatchObject([
      { model: example.model, status: 200, ending: 'completed', writeOffNano: '0' },
    ])
    expect(audited.chargedNano).toBeGreaterThan(0n)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await recorder.stop()
  }
}

/** A folder that somebody may be in when they run an example, out of sight of git. */
function folderInCheckout(): string {
  mkdirSync(join(root, 'dist'), { recursive: true })
  return mkdtempSync(join(root, 'dist', 'example-'))
}

/** Without the lines in which npm says what it runs. */
const saidBy = (stdout: string): string => stdout.replaceAll('\r\n', '\n').replace(/^\n(?:> .*\n)+\n/, '')

const environment = (baseUrl: string, account: Account): NodeJS.ProcessEnv => ({
  ...plainEnvironment(),
  AICREDITMART_BASE_URL: baseUrl,
  AICREDITMART_API_KEY: account.key,
})

const pngMagic = Buffer.from('89504e470d0a1a0a', 'hex')

async function expectPicture(path: string, pixels: number): Promise<void> {
  const bytes = readFileSync(path)
  expect(bytes.subarray(0, pngMagic.length)).toEqual(pngMagic)
  const { format, width, height } = await sharp(bytes, { failOn: 'warning' }).metadata()
  expect({ format, width, height }).toEqual({ format: 'png', width: pixels, height: pixels })
  // Decoding every row proves that the file is whole, not only its header.
  const { info } = await sharp(bytes, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true })
  expect({ width: info.width, height: info.height }).toEqual({ width: pixels, height: pixels })
}

describe('the Python examples are the reference, word for word', () => {
  const reference = join(root, '..', 'shared', 'seed', 'api-reference.txt')
  const present = existsSync(reference)
  const testWhenPresent = present ? test : test.skip
  for (const { name } of examples.filter(({ isOurs }) => !isOurs)) {
    testWhenPresent(`${name}.py${present ? '' : ' (the reference is not beside this checkout)'}`, () => {
      const snippet = readFileSync(join(root, 'examples', 'python', `${name}.py`), 'utf8')
        .replace(/^import os\n/, '')
        .replace(/os\.environ\["AICREDITMART_BASE_URL"\] \+ "/, '"https://api.aicreditmart.com')
        .replace('os.environ["AICREDITMART_API_KEY"]', '"YOUR_API_KEY"')
        .replace(', image_config=types.ImageConfig(image_size="4K")', '')
      expect(words(readFileSync(reference, 'utf8'))).toContain(words(snippet))
    })
  }
})

/** The reference's text has lost its line breaks. */
const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
