/** Attacks by what a body says: few bytes that name very many things, or very many bytes. */
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { createTally, untilOver, type Attack } from './target.ts'
import { chatPath, geminiPath, pieceBytes, piecesOf, post, type Posted } from './wire.ts'

const openChat = '{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}]'
const openContents = '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]'
const list = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => one(i)).join(',')

const posted = (path: string, body: Buffer, headers: readonly string[] = []): Posted => ({
  path,
  length: body.length,
  pieces: () => piecesOf(body),
  headers,
})
const chat = (body: string): Posted => posted(chatPath, Buffer.from(body))
const gemini = (body: string): Posted => posted(geminiPath, Buffer.from(body))

/** Sends these in turn, over and over, some at once. They are made when the attack begins. */
const sent =
  (requests: () => readonly Posted[], atOnce = 3): Attack =>
  async (target) => {
    const tally = createTally()
    const made = requests()
    let next = 0
    await untilOver(target, atOnce, () => post(target, made[next++ % made.length]!, tally))
    return tally.done()
  }

const members = (count: number, name: (index: number) => string) => list(count, (index) => `"${name(index)}":1`)
const hex = (index: number): string => index.toString(16)

const mebibyte = 1024 * 1024

/** 99 MiB of JSON, of which nothing is kept but the one piece that is sent over and over. */
function largeBody(): Posted {
  const begun = Buffer.from('{"contents":[{"role":"user","parts":[{"text":"')
  const piece = Buffer.alloc(pieceBytes, 'x')
  const ended = Buffer.from('"}]}]}')
  const times = (99 * mebibyte) / pieceBytes
  const length = begun.length + times * piece.length + ended.length
  return { path: geminiPath, length, pieces: () => [begun, ...Array.from({ length: times }, () => piece), ended] }
}

/** A quarter of a gigabyte of one letter, as some kilobytes. */
function bombs(): readonly Posted[] {
  const text = Buffer.concat([
    Buffer.from('{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"'),
    Buffer.alloc(256 * mebibyte, 'a'),
    Buffer.from('"}]}'),
  ])
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
  return [
    { coding: 'gzip', body: gzipSync(text, { level: 1 }) },
    { coding: 'br', body: brotliCompressSync(text, quick) },
    { coding: 'zstd', body: zstdCompressSync(text) },
  ].map(({ coding, body }) => posted(chatPath, body, [`content-encoding: ${coding}`]))
}

export const bodies: Readonly<Record<string, Attack>> = {
  'many-members': sent(() => [
    chat(`${openChat},${members(2_600_000, hex)}}`),
    gemini(`${openContents},"generationConfig":{${members(1_000_000, (index) => `k${index}`)}}}`),
  ]),
  'same-member': sent(() => [chat(`${openChat},${members(3_000_000, () => 'a')}}`)]),
  'many-objects': sent(() => [
    gemini(`${openContents},"x":[${'{},'.repeat(1_000_000)}1]}`),
    chat(`${openChat},"x":[${'{},'.repeat(1_000_000)}1]}`),
    chat(`${openChat},"x":[${'[],'.repeat(1_000_000)}1]}`),
  ]),
  'many-messages': sent(() => [
    chat(`{"model":"gpt-4.1-mini","messages":[${list(700_000, () => '{"role":"user","content":"a"}')}]}`),
    gemini(`{"contents":[${list(400_000, () => '{"role":"user","parts":[{"text":"a"}]}')}]}`),
  ]),
  'deep-nesting': sent(() => [
    chat(`${openChat},"x":${'['.repeat(3_000_000)}`),
    chat(`${openChat},"x":${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}}`),
    gemini(`${openContents},"x":${'[{"a":'.repeat(100)}1${'}]'.repeat(100)}}`),
  ]),
  'long-strings': sent(() => [
    chat(`{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"${'a'.repeat(30_000_000)}"}]}`),
    chat(`{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"${'\\u0041'.repeat(5_000_000)}"}]}`),
    chat(`${openChat},"${'n'.repeat(20_000_000)}":1}`),
  ]),
  'many-small-strings': sent(() => [chat(`${openChat},"stop":[${list(900_000, hex).replaceAll(/\w+/g, '"$&"')}]}`)]),
  'broken-json': sent(() =>
    ['', '{', '[]', 'null', `${openChat},`, '{"model":7}', '\u00ff\u00fe{', openChat.repeat(3_000)].map(chat),
  ),
  'large-bodies': sent(() => [largeBody()], 30),
  'compressed-bombs': sent(bombs, 8),
}
