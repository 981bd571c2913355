import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isPublicAddress, postOutside } from './post-outside.ts'

const asked: { readonly url: string; readonly body: string }[] = []
let server: Server
let port = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      asked.push({ url: request.url!, body })
      if (request.url === '/silent') return
      if (request.url === '/elsewhere') response.writeHead(302, { location: '/followed' })
      else response.writeHead(200)
      if (request.url === '/endless') response.write('x'.repeat(100_000))
      else response.end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.closeAllConnections())

const post = (url: string, allows: (address: string) => boolean = () => false, msMax = 2_000) =>
  postOutside({ url, headers: { 'x-one': 'two' }, body: '{"a":"ä"}', msMax, allows })

test('no address of this machine, of a private network or of a cloud’s own is public, however it is spelled', () => {
  const cloud = ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.31.255.255']
  const other = ['192.168.1.1', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255', '240.0.0.1']
  const within = ['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '::7f00:1', '64:ff9b::7f00:1']
  const six = ['fc00::1', 'fd12::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '2002:7f00:1::', '2001:db8::1']
  for (const address of [...cloud, ...other, ...within, ...six, '', 'localhost'])
    expect([address, isPublicAddress(address)]).toEqual([address, false])
  for (const address of ['8.8.8.8', '::ffff:8.8.8.8', '2606:4700:4700::1111', '172.32.0.1', '100.128.0.1'])
    expect([address, isPublicAddress(address)]).toEqual([address, true])
})

test('a private address is not connected to, by itself or by a name that leads there', async () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', '127.1'])
    expect([host, await post(`http://${host}:${port}/private`)]).toEqual([
      host,
      { status: null, error: 'the address is private' },
    ])
  expect(asked).toEqual([])
})

test('one that the operator allows is, and gets the body; a redirect is an answer and is not followed', async () => {
  const allowed = (address: string) => address === '127.0.0.1'
  expect(await post(`http://127.0.0.1:${port}/hook`, allowed)).toEqual({ status: 200, error: null })
  expect(await post(`http://127.0.0.1:${port}/elsewhere`, allowed)).toEqual({ status: 302, error: null })
  expect(await post(`http://127.0.0.1:${port}/endless`, allowed)).toEqual({ status: 200, error: null })
  expect(asked.map(({ url }) => url)).toEqual(['/hook', '/elsewhere', '/endless'])
  expect(asked[0]!.body).toBe('{"a":"ä"}')
})

test('whoever does not answer in time, or is not there, is told in our words', async () => {
  const all = () => true
  expect(await post(`http://127.0.0.1:${port}/silent`, all, 50)).toEqual({ status: null, error: 'no answer in 0.05 s' })
  expect((await post('http://127.0.0.1:1/', all)).error).toBe('the connection was refused')
  expect((await post(`https://127.0.0.1:${port}/`, all)).status).toBeNull()
  expect((await post('http://nowhere.invalid/', all)).status).toBeNull()
})
