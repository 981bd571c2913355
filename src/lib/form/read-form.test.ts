import { afterAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pattern } from '../http/test-bytes.ts'
import { sourceOf, type Source } from '../source.ts'
import { createSpool } from '../spool.ts'
import { FormError, formLimits, type FieldChanges, type Form, type FormLimits } from './contract.ts'
import { readForm } from './read-form.ts'
import { writeForm } from './write-form.ts'
import { cpuMs } from '../../../test/support/cpu-ms.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'form-'))
const spool = createSpool({
  directory,
  limits: () => ({ bytesMax: 1e9, ownBytesMax: 1e9 }),
  failed: (error) => {
    throw error
  },
})
const forms: Form[] = []
afterAll(() => {
  for (const form of forms) form.free()
  // Whatever the tests did, nothing is left.
  expect([readdirSync(directory), spool.heldBytes()]).toEqual([[], 0])
  rmSync(directory, { recursive: true })
})

/** The form in these bytes, which come in pieces of such sizes. */
async function read(
  body: string | Uint8Array,
  { type = 'multipart/form-data; boundary=B', limits = {}, sizes = [70_000] }: ReadOptions = {},
): Promise<Form> {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  let at = 0
  let nth = 0
  const source: Source = {
    ...sourceOf(bytes),
    read: () => {
      if (at >= bytes.length) return Promise.resolve({ done: true })
      return Promise.resolve({ done: false, value: bytes.subarray(at, (at += sizes[nth++ % sizes.length]!)) })
    },
  }
  const form = await readForm(source, {
    contentType: type,
    limits: { ...formLimits, ...limits },
    kept: spool.keep('org', null),
  })
  forms.push(form)
  return form
}
type ReadOptions = { type?: string; limits?: Partial<FormLimits>; sizes?: readonly number[] }

const disposition = (rest: string): string => `Content-Disposition: form-data; ${rest}`
const partIn = (head: string, content: string): string => `--B\r\n${head}\r\n\r\n${content}\r\n`
const field = (name: string, text: string): string => partIn(disposition(`name="${name}"`), text)
const file = (name: string, content: string): string =>
  partIn(`${disposition(`name="${name}"; filename="f.png"`)}\r\nContent-Type: image/png`, content)
const end = '--B--\r\n'

async function bytesOf(source: Source): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let piece = await source.read(); !piece.done; piece = await source.read()) pieces.push(piece.value)
  return Buffer.concat(pieces)
}
const textOf = async (source: Source): Promise<string> => (await bytesOf(source)).toString('latin1')

/** The parts as [name, text or content, filename]. */
const partsOf = (form: Form): Promise<unknown[]> =>
  Promise.all(
    form.parts.map(async (part) => [part.name, part.text ?? (await textOf(form.contentOf(part))), part.filename]),
  )

async function refusal(body: string | Uint8Array, options: ReadOptions = {}): Promise<[string, string, string | null]> {
  try {
    return ['', `there was a form of ${(await read(body, options)).parts.length} parts`, null]
  } catch (error) {
    if (!(error instanceof FormError)) throw error
    return [error.trouble, error.message, error.field]
  }
}

describe('a form', () => {
  test('has its parts in the order in which they came, files before fields, and its own bytes', async () => {
    const body = file('image[]', 'one') + field('prompt', 'a cat') + file('image[]', '') + field('n', '') + end
    const form = await read(body)
    expect(await partsOf(form)).toEqual([
      ['image[]', 'one', 'f.png'],
      ['prompt', 'a cat', null],
      ['image[]', '', 'f.png'],
      ['n', '', null],
    ])
    expect(await textOf(form.source())).toBe(body)
    expect(form.source().length).toBe(body.length)
    expect(form.parts[0]!.contentType).toBe('image/png')
  })

  test('names its parts in steps', async () => {
    const names = ['image', 'image[]', 'image[0]', 'input_reference[image_url]', 'a[b][c]', 'a[b', '[]', 'a]b[c]']
    const form = await read(names.map((name) => field(name, 'x')).join('') + end)
    expect(form.parts.map(({ steps }) => steps)).toEqual([
      ['image'],
      ['image', ''],
      ['image', '0'],
      ['input_reference', 'image_url'],
      ['a', 'b', 'c'],
      ['a[b'],
      ['[]'],
      ['a]b[c]'],
    ])
  })

  test('may quote its names or not, in any case, in UTF-8, with paths of Windows, and as RFC 8187 writes them', async () => {
    const heads: Record<string, [name: string, filename: string | null]> = {
      'CONTENT-DISPOSITION:form-data;name=a': ['a', null],
      'content-disposition: Form-Data ; NAME = "a" ; FileName = b.png ;': ['a', 'b.png'],
      [disposition('name="a"; filename=""')]: ['a', ''],
      [disposition(String.raw`name="a"; filename="C:\dir\b.png"`)]: ['a', String.raw`C:\dir\b.png`],
      [disposition(String.raw`name="a"; filename="say \"b\".png"`)]: ['a', 'say "b".png'],
      [disposition('name="a"; filename="b;c=d.png"')]: ['a', 'b;c=d.png'],
      [disposition('name="a"; filename="x"; filename*=UTF-8\'\'na%C3%AFve%20%E2%82%AC.png')]: ['a', 'naïve €.png'],
      [disposition('name="a"; filename*=iso-8859-1\'en\'%A3.png')]: ['a', '£.png'],
      [disposition('name="a"; filename="x"; filename*=UTF-8\'\'%FF')]: ['a', 'x'],
      [Buffer.from(disposition('name="ключ"; filename="кот.png"')).toString('latin1')]: ['ключ', 'кот.png'],
      [disposition('name="a"; filename="\xe9.png"')]: ['a', 'é.png'],
    }
    for (const [head, [name, filename]] of Object.entries(heads)) {
      const [part] = (await read(partIn(head, 'x') + end)).parts
      expect([part!.name, part!.filename]).toEqual([name, filename])
    }
  })

  test('may name its boundary in any way that HTTP allows', async () => {
    for (const [type, boundary] of [
      ['Multipart/Form-Data;BOUNDARY=B', 'B'],
      ['multipart/form-data; charset=utf-8; boundary="a b:c"', 'a b:c'],
      ['multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW', '----WebKitFormBoundary7MA4YWxkTrZu0gW'],
    ] as const) {
      const body = `\r\n--${boundary} \t\r\n${disposition('name=a')}\r\n\r\nx\r\n--${boundary}--`
      expect(await partsOf(await read(body, { type }))).toEqual([['a', 'x', null]])
    }
  })

  test('may be empty', async () => {
    const form = await read(end)
    expect([form.parts, await textOf(form.source())]).toEqual([[], end])
  })

  test('however it is cut into pieces, is read as another reader reads it, and passes on byte for byte', async () => {
    const nasty = fc.constantFrom(
      '\r',
      '\n',
      '-',
      '--B',
      '\r\n--',
      '\r\n',
      '--',
      '\r\n-',
      'B',
      '\r\n\r\n',
      '\0',
      'é',
      '\r\n--A',
    )
    const content = fc
      .array(fc.oneof(nasty, fc.string({ maxLength: 20 })), { maxLength: 12 })
      .map((all) => all.join(''))
    const name = fc.stringMatching(/^[a-z]{1,6}(\[[a-z0-9]{0,3}\])?$/)
    const parts = fc.array(fc.record({ name, content, isFile: fc.boolean() }), { maxLength: 6 })
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(parts, sizes, async (given, cut) => {
        const safe = given.filter((part) => !`\r\n${part.content}\r\n`.includes('\r\n--B'))
        const written = safe.map((part) => (part.isFile ? file : field)(part.name, '\u0001')).join('') + end
        let nth = 0
        const body = Buffer.from(written.replaceAll('\u0001', () => safe[nth++]!.content))
        const form = await read(body, { sizes: cut })
        expect((await bytesOf(form.source())).equals(body)).toBe(true)
        expect(
          await Promise.all(form.parts.map(async (part) => (await bytesOf(form.contentOf(part))).toString())),
        ).toEqual(safe.map((part) => part.content))
        const headers = { 'content-type': 'multipart/form-data; boundary=B' }
        // What is no boundary, this reader takes for one.
        if (safe.some((part) => part.content.includes('--B'))) return
        const theirs = await new Response(body, { headers }).formData()
        expect(form.parts.map((part) => part.name)).toEqual([...theirs.keys()])
        for (const part of form.parts.filter(({ text }) => text !== null))
          expect(theirs.getAll(part.name)).toContain(part.text!)
      }),
      { numRuns: 300 },
    )
  })

  test('of many MiB passes on byte for byte, and again', async () => {
    const image = pattern(12_000_000)
    const { contentType, source } = writeForm([
      { name: 'image', filename: 'a "b".png', contentType: 'image/png', content: sourceOf(image) },
      { name: 'prompt', text: 'кот' },
    ])
    const body = await bytesOf(source)
    expect(source.length).toBe(body.length)
    const form = await read(body, { type: contentType, sizes: [65_536] })
    expect(spool.heldBytes()).toBeGreaterThan(12_000_000)
    expect(form.parts.map(({ name, filename, text }) => [name, filename, text])).toEqual([
      ['image', 'a %22b%22.png', null],
      ['prompt', null, 'кот'],
    ])
    const sent = form.source()
    for (const again of [sent, sent.open()]) expect((await bytesOf(again)).equals(body)).toBe(true)
    const theirs = await new Response(body, { headers: { 'content-type': contentType } }).formData()
    const blob = theirs.get('image') as unknown as Blob
    expect(Buffer.from(await blob.arrayBuffer()).equals(image)).toBe(true)
  })
})

describe('a form whose fields change', () => {
  const body = file('image', 'pixels') + field('model', 'ours') + field('n', '1') + field('model', 'again') + end
  const changedTo = async (changes: FieldChanges, of = body): Promise<string> => {
    const form = await read(of)
    const source = form.source(changes)
    const text = await textOf(source)
    expect(source.length).toBe(text.length)
    return text
  }

  test('says what is given, once, and is the same bytes otherwise', async () => {
    expect(await changedTo({ model: 'theirs' })).toBe(
      file('image', 'pixels') + field('model', 'theirs') + field('n', '1') + end,
    )
  })

  test('loses what is given as nothing', async () => {
    expect(await changedTo({ model: null, n: null, none: null })).toBe(file('image', 'pixels') + end)
  })

  test('gets what it had not, in front of all', async () => {
    expect(await changedTo({ size: 'auto' })).toBe(field('size', 'auto') + body)
    expect(await changedTo({ size: 'auto' }, end)).toBe(field('size', 'auto') + end)
    expect(await changedTo({ size: 'auto' }, `\r\n${field('n', '1')}${end}`)).toBe(
      `\r\n${field('size', 'auto')}${field('n', '1')}${end}`,
    )
  })

  test('never loses a file, whatever it is called', async () => {
    expect(await changedTo({ image: 'x' }, file('image', 'pixels') + end)).toBe(
      field('image', 'x') + file('image', 'pixels') + end,
    )
  })
})

describe('what is no form', () => {
  const broken: Record<string, [body: string, says: string]> = {
    'ends before its closing boundary': [field('a', 'x'), 'ends before its closing boundary'],
    'ends within a part': [field('a', 'x').slice(0, -2), 'ends before its closing boundary'],
    'ends within a head': [`--B\r\n${disposition('name="a"')}`, 'ends before its closing boundary'],
    'is nothing': ['', 'ends before its closing boundary'],
    'begins with something else': [`hello\r\n${field('a', 'x')}${end}`, 'does not begin with its boundary'],
    'goes on behind its end': [
      `${field('a', 'x')}${end}${field('a', 'y')}${end}`,
      'goes on behind its closing boundary',
    ],
    'has a boundary that goes on': [
      `--Bee\r\n${disposition('name=a')}\r\n\r\nx\r\n--B--`,
      'begins with its boundary and goes on',
    ],
    'has a boundary in a content that goes on': [
      field('a', 'x\r\n--Bee') + end,
      'begins with its boundary and goes on',
    ],
    'has line ends of its own': [
      (field('a', 'x') + end).replaceAll('\r\n', '\n'),
      'begins with its boundary and goes on',
    ],
    'has a part without a head': [`--B\r\n\r\nx\r\n${end}`, 'without a content-disposition'],
    'has a part without an empty line': [`--B\r\n${disposition('name=a')}\r\n\r\n--B--`, 'no empty line'],
    'has a part without a name': [partIn('Content-Disposition: form-data', 'x') + end, 'without a name'],
    'has a part with an empty name': [field('', 'x') + end, 'without a name'],
    'has a part of another kind': [
      partIn('Content-Disposition: attachment; name=a', 'x') + end,
      'content-disposition of form-data',
    ],
    'names a part twice': [partIn(disposition('name=a; name=b'), 'x') + end, 'two parameters name'],
    'has two dispositions': [partIn(`${disposition('name=a')}\r\n${disposition('name=b')}`, 'x') + end, 'two headers'],
    'has a disposition that is none': [partIn(disposition('name="a'), 'x') + end, 'cannot be read'],
    'has a folded header': [partIn(`Content-Disposition: form-data;\r\n name=a`, 'x') + end, 'no header'],
    'has a header with a bare line end': [partIn(disposition('name=a\nx: y'), 'x') + end, 'no header'],
    'has a transfer encoding': [
      partIn(`${disposition('name=a')}\r\nContent-Transfer-Encoding: base64`, 'eA==') + end,
      'content-transfer-encoding',
    ],
    'has a field that is no text': [field('a', '\xff') + end, 'not valid UTF-8'],
  }
  for (const [how, [body, says]] of Object.entries(broken))
    test(`and ${how} is refused, in whatever pieces it comes`, async () => {
      for (const sizes of [[70_000], [1]]) {
        const [trouble, message] = await refusal(body, { sizes })
        expect([trouble, message.includes(says) ? says : message]).toEqual(['malformed', says])
      }
    })

  test('by its content-type is refused', async () => {
    for (const type of [
      'application/json',
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/mixed; boundary=B',
      `multipart/form-data; boundary=${'b'.repeat(71)}`,
      'multipart/form-data; boundary="ä"',
      'multipart/form-data; boundary=B; boundary=C',
      'multipart/form-data; boundary="B "',
    ])
      expect((await refusal(end, { type }))[1]).toMatch(/content-type/)
  })
})

describe('the limits of a form', () => {
  const limited = {
    fieldsMax: 2,
    filesMax: 1,
    fieldBytesMax: 5,
    fieldsBytesMax: 8,
    fileBytesMax: 10,
    headBytesMax: 200,
  }
  const beyond: Record<string, [body: string, message: string, field: string | null]> = {
    'of fields': [
      field('a', '') + field('b', '') + field('c', ''),
      'The form has more fields than the 2 that are allowed.',
      'c',
    ],
    'of files': [file('a', '') + file('b', ''), 'The form has more files than the 1 that are allowed.', 'b'],
    'of a field': [field('a', '123456'), 'The field "a" is larger than 5 bytes.', 'a'],
    'of all fields': [
      field('a', '12345') + field('b', '1234'),
      'The fields of the form are larger than 8 bytes together.',
      'b',
    ],
    'of a file': [file('a', '12345678901'), 'The file in "a" is larger than 10 bytes.', 'a'],
    'of a head': [field('a'.repeat(200), ''), 'The form has a part with headers of more than 200 bytes.', null],
  }
  for (const [what, [body, message, name]] of Object.entries(beyond))
    test(`${what} are told with the name, however it comes, and before more is read`, async () => {
      for (const sizes of [[70_000], [1]]) {
        // There is no end: it is refused by what has come.
        const [, said, which] = await refusal(`${body}--B\r\n`, { limits: limited, sizes })
        expect([said, which]).toEqual([message, name])
      }
    })

  test('are what may still be sent', async () => {
    const body = field('a', '12345') + file('c', '1234567890') + field('b', '123') + end
    expect((await read(body, { limits: limited })).parts.length).toBe(3)
  })

  test('hold for a head without end, and for parts without end, at once', async () => {
    const head = `--B\r\nx: ${'y'.repeat(1_000_000)}`
    expect((await refusal(head))[1]).toContain('headers of more than 16384 bytes')
    const began = cpuMs()
    expect((await refusal(field('a', '').repeat(100_000)))[1]).toBe(
      'The form has more fields than the 128 that are allowed.',
    )
    expect(cpuMs() - began).toBeLessThan(1_000)
  })
})

describe('a form that does not come', () => {
  test('leaves nothing behind, and its source is told', async () => {
    const seen = { cancels: 0 }
    const left = new Error('the client left')
    const pieces = [Buffer.from(file('image', 'x').slice(0, -2)), pattern(6_000_000)]
    const source: Source = {
      length: null,
      read: () => {
        const value = pieces.shift()
        return value ? Promise.resolve({ done: false, value }) : Promise.reject(left)
      },
      cancel: () => Promise.resolve(void seen.cancels++),
    }
    const before = spool.heldBytes()
    const kept = spool.keep('org', null)
    const reading = readForm(source, { contentType: 'multipart/form-data; boundary=B', limits: formLimits, kept })
    expect(reading).rejects.toBe(left)
    await reading.catch(() => undefined)
    expect([spool.heldBytes() - before, seen.cancels]).toEqual([0, 1])
  })
})
