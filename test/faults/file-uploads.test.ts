/** Files that are passed on as they come: flat memory, whoever is slow holds back whoever is fast, and what breaks one costs nobody else. */
import net from 'node:net'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'
import { rssBytes } from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)

/** An account that reads uploads as a test says, and tells what it read. */
type Upload = {
  bytes: number
  readonly hash: ReturnType<typeof createHash>
  head: string
  closed: boolean
  socket: net.Socket
}
const uploads: Upload[] = []
let onData: (upload: Upload) => void = () => undefined
const account = net.createServer((socket) => {
  const upload: Upload = { bytes: 0, hash: createHash('sha1'), head: '', closed: false, socket }
  socket.on('error', () => undefined)
  socket.on('close', () => (upload.closed = true))
  socket.on('data', (piece: Buffer) => {
    if (upload.bytes === 0 && upload.head === '') {
      const end = piece.indexOf('\r\n\r\n') + 4
      upload.head = piece.toString('latin1', 0, end)
      uploads.push(upload)
      piece = piece.subarray(end)
    }
    upload.bytes += piece.length
    upload.hash.update(piece)
    onData(upload)
  })
})

let server: Server
let key: string
let accountUrl: string
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    account.listen(0, '127.0.0.1', resolve)
  })
  accountUrl = `http://127.0.0.1:${(account.address() as net.AddressInfo).port}`
  const provider = { kind: 'openai', baseUrl: `${accountUrl}/v1`, apiKey: '${RAW_KEY}' }
  const config = {
    providers: { one: provider, two: provider },
    deployments: ['one', 'two'].map((name) => ({ name, provider: name, model: 'gpt-5.4-mini', region: 'us' })),
    failover: { jitterMs: 1 },
  }
  const { env } = ways.configured(JSON.stringify(config))
  server = await startServer({ env: { ...env, RAW_KEY: 'sk-upstream-secret' } })
  key = (await ways.openPurse(server, '1.00')).key
})
afterAll(async () => {
  await server?.stop()
  account.close()
  for (const { socket } of uploads) socket.destroy()
})

const beginning = '--B\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
const ending = '\r\n--B\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--B--\r\n'
const lengthOf = (fileBytes: number): number => beginning.length + fileBytes + ending.length

type Client = { readonly socket: net.Socket; got: string; closed: boolean }
/** Begins an upload of so many bytes; `length`: null for chunks. */
function begin(length: number | null): Client {
  const { hostname, port } = new URL(server.baseUrl)
  const socket = net.connect(Number(port), hostname)
  const client: Client = { socket, got: '', closed: false }
  socket.on('error', () => undefined)
  socket.on('close', () => (client.closed = true))
  socket.on('data', (bytes: Buffer) => (client.got += bytes.toString('latin1')))
  socket.write(
    `POST /v1/files HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-type: multipart/form-data; boundary=B\r\n` +
      `${length === null ? 'transfer-encoding: chunked' : `content-length: ${length}`}\r\n\r\n`,
  )
  return client
}

const when = (isTrue: () => boolean, words: string): Promise<true> =>
  eventually(
    () => Promise.resolve(isTrue() ? true : null),
    20_000,
    () => words,
  )

const file = {
  id: 'file-1',
  object: 'file',
  purpose: 'batch',
  filename: 'a.jsonl',
  bytes: 1,
  created_at: 1_800_000_000,
}
const answerOf = (status: string, json: object): string => {
  const body = JSON.stringify(json)
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

/** Sends a file of zeros as fast as it is taken, and the end of its form. */
async function pour({ socket }: Client, fileBytes: number): Promise<string> {
  const hash = createHash('sha1')
  const write = (bytes: Buffer): Promise<void> => {
    hash.update(bytes)
    return new Promise((resolve) => void socket.write(bytes, () => resolve()))
  }
  await write(Buffer.from(beginning))
  const piece = Buffer.alloc(1_000_000)
  for (let at = 0; at < fileBytes; at += piece.length)
    await write(piece.subarray(0, Math.min(piece.length, fileBytes - at)))
  await write(Buffer.from(ending))
  return hash.digest('hex')
}

describe('an upload', () => {
  test('of 300 MB goes up byte for byte, with its length and its own boundary, in less than 64 MB of memory', async () => {
    const fileBytes = 300_000_000
    const total = lengthOf(fileBytes)
    onData = ({ bytes, socket }) => {
      if (bytes === total) socket.write(answerOf('200 OK', file))
    }
    // What a process has taken once it keeps: the first is not what is measured.
    const warm = begin(lengthOf(50_000_000))
    onData = ({ bytes, socket }) => {
      if (bytes === lengthOf(50_000_000)) socket.write(answerOf('200 OK', file))
    }
    await pour(warm, 50_000_000)
    await when(() => warm.got.includes('file-1'), 'the first has no answer')
    onData = ({ bytes, socket }) => {
      if (bytes === total) socket.write(answerOf('200 OK', { ...file, id: 'file-2' }))
    }
    const before = rssBytes(server.pid())
    let most = before
    const watching = setInterval(() => (most = Math.max(most, rssBytes(server.pid()))), 20)
    const client = begin(total)
    const sha = await pour(client, fileBytes)
    await when(() => client.got.includes('file-2'), 'there is no answer')
    clearInterval(watching)
    const upload = uploads.at(-1)!
    expect([upload.bytes, upload.hash.digest('hex')]).toEqual([total, sha])
    expect(upload.head).toContain(`content-length: ${total}\r\n`)
    expect(upload.head).toContain('content-type: multipart/form-data; boundary=B\r\n')
    expect(upload.head).not.toContain(key)
    expect(most - before).toBeLessThan(64_000_000)
    client.socket.destroy()
  })

  test('of an account that does not read is held back', async () => {
    onData = ({ socket }) => void socket.pause()
    const client = begin(lengthOf(400_000_000))
    let sent = 0
    const piece = Buffer.alloc(1_000_000)
    client.socket.write(beginning)
    const isTaken = (): Promise<boolean> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, 1_000, false)
        client.socket.write(piece, () => {
          clearTimeout(timer)
          resolve(true)
        })
      })
    while (sent < 400_000_000 && (await isTaken())) sent += piece.length
    expect(sent).toBeLessThan(40_000_000)
    client.socket.destroy()
    onData = () => undefined
    uploads.at(-1)!.socket.resume()
    await when(() => uploads.at(-1)!.closed, 'the account is not told that its client has left')
  })

  test('whose client leaves in its middle is broken off at the account, asked of no other, and is no file', async () => {
    const many = uploads.length
    onData = () => undefined
    const client = begin(lengthOf(1_000_000))
    client.socket.write(`${beginning}some of it`)
    await when(() => uploads.length > many && uploads.at(-1)!.bytes > beginning.length, 'nothing goes up')
    client.socket.destroy()
    await when(() => uploads.at(-1)!.closed, 'the account is not told')
    expect(uploads.length).toBe(many + 1)
    const listed = await fetch(`${server.baseUrl}/v1/files`, { headers: { authorization: `Bearer ${key}` } })
    const { data } = (await listed.json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id).toSorted()).toEqual(['file-1', 'file-2'])
  })

  test('that the account refuses before it has come whole is refused at once, in its words', async () => {
    const words = 'Invalid value for purpose.'
    onData = ({ bytes, socket }) => {
      if (bytes > 1_000)
        socket.write(
          answerOf('400 Bad Request', {
            error: { message: words, type: 'invalid_request_error', param: 'purpose', code: null },
          }),
        )
    }
    const client = begin(lengthOf(100_000_000))
    client.socket.write(beginning + 'x'.repeat(2_000_000))
    await when(() => client.got.includes(words), 'there is no answer')
    expect(client.got).toStartWith('HTTP/1.1 400 ')
    await when(() => uploads.at(-1)!.closed, 'its connection is kept')
    client.socket.destroy()
  })

  test('that fails at its account is not sent to another once a byte has gone, and its client may try again', async () => {
    const many = uploads.length
    onData = ({ bytes, socket }) => {
      if (bytes > 1_000) socket.destroy()
    }
    const client = begin(lengthOf(100_000))
    await pour(client, 100_000)
    await when(() => client.got.includes('\r\n\r\n'), 'there is no answer')
    expect(client.got).toMatch(/^HTTP\/1\.1 50[0-9] /)
    expect(uploads.length).toBe(many + 1)
    client.socket.destroy()
  })

  test('that is longer than is allowed is refused: unread where it says so, as soon as it is where it does not', async () => {
    const many = uploads.length
    const told = begin(513 * 1024 * 1024)
    await when(() => told.got.includes('\r\n\r\n'), 'there is no answer')
    expect(told.got).toStartWith('HTTP/1.1 413 ')
    expect(uploads.length).toBe(many)
    told.socket.destroy()
  })

  test('that is no HTTP is refused as such, and its account is blamed for nothing', async () => {
    onData = () => undefined
    const many = uploads.length
    const client = begin(null)
    client.socket.write('5\r\nhello\r\n')
    await when(() => uploads.length > many, 'nothing goes up')
    client.socket.write('xyz\r\n')
    await when(() => client.got.includes('\r\n\r\n'), 'there is no answer')
    expect(client.got).toStartWith('HTTP/1.1 400 ')
    expect(client.got).toContain('not framed as HTTP/1.1')
    onData = ({ bytes, socket }) => {
      if (bytes === lengthOf(10)) socket.write(answerOf('200 OK', { ...file, id: 'file-3' }))
    }
    const next = begin(lengthOf(10))
    await pour(next, 10)
    await when(() => next.got.includes('file-3'), 'the account rests')
    next.socket.destroy()
  })

  test('that is compressed, or no form, is refused with what is allowed', async () => {
    const send = (headers: Record<string, string>) =>
      ways.taken(
        fetch(`${server.baseUrl}/v1/files`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=B', ...headers },
          body: 'x',
        }),
      )
    expect((await send({ 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await send({ 'content-type': 'text/plain' })).status).toBe(400)
  })
})
