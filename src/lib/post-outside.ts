/**
 * Posting to a server that a stranger named. Nothing of this machine or of its private networks can be reached that way:
 * a name is looked up once, what it leads to is judged, and that very address is connected to. Redirects are not followed.
 */
import { lookup as lookUp } from 'node:dns'
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as secureRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { plainAddress } from './http-server/client-address.ts'
import { inNetworks } from './http-server/networks.ts'

export type Post = {
  /** `http:` or `https:`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Until all of the answer's head has come. */
  readonly msMax: number
  /** Whether an address may be connected to although it is private. */
  readonly allows: (address: string) => boolean
}
/** `status` null: there was no answer, for the reason in `error`, which are our own words. */
export type Posted = { readonly status: number | null; readonly error: string | null }

/** What is no public address (IANA's special-purpose registries), multicast included. */
const isPrivate = inNetworks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** Whether everybody may be sent there: an address of the public Internet. IPv4 within IPv6 is what it stands for. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address)
  if (plain.toLowerCase().startsWith('::ffff:')) return false
  return isIP(plain) !== 0 && !isPrivate(plain)
}

const notAllowed = 'the address is private'

/** Never rejects: what went wrong is the result. */
export async function postOutside(post: Post): Promise<Posted> {
  const { protocol, hostname } = new URL(post.url)
  const isAllowed = (address: string): boolean => isPublicAddress(address) || post.allows(plainAddress(address))
  const literal = hostname.replaceAll(/[[\]]/g, '')
  if (isIP(literal) !== 0 && !isAllowed(literal)) return { status: null, error: notAllowed }
  const options = { method: 'POST', headers: headersOf(post), agent: false as const, lookup: judged(isAllowed) }
  const send = protocol === 'https:' ? secureRequest : plainRequest
  return answerOf((heard) => send(post.url, options as RequestOptions, heard), post)
}

const headersOf = ({ headers, body }: Post) => ({ ...headers, 'content-length': String(Buffer.byteLength(body)) })

/** All addresses of a name must be allowed: which of them is taken is chance. */
const judged =
  (isAllowed: (address: string) => boolean): LookupFunction =>
  (hostname, options, done) =>
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, [])
      if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address)))
        return done(new NotAllowedError(), [])
      if (options.all) done(null, addresses)
      else done(null, addresses[0]!.address, addresses[0]!.family)
    })

class NotAllowedError extends Error {}

type Sending = ReturnType<typeof plainRequest>

function answerOf(
  begin: (heard: (response: IncomingMessage) => void) => Sending,
  { body, msMax }: Post,
): Promise<Posted> {
  return new Promise((resolve) => {
    const end = (posted: Posted): void => {
      clearTimeout(late)
      resolve(posted)
      request.destroy()
    }
    const request = begin((response) => {
      // What it has to say besides is read by nobody.
      response.on('error', () => undefined)
      response.destroy()
      end({ status: response.statusCode ?? null, error: null })
    })
    const late = setTimeout(() => end({ status: null, error: `no answer in ${msMax / 1_000} s` }), msMax)
    request.on('error', (error) => end({ status: null, error: wordsOf(error) }))
    request.end(body)
  })
}

function wordsOf(error: Error): string {
  if (error instanceof NotAllowedError) return notAllowed
  const { code = '' } = error as NodeJS.ErrnoException
  if (/ENOTFOUND|EAI_AGAIN|DNS/i.test(code)) return 'the name was not found'
  if (/CERT|TLS|SSL|ALTNAME|SELF_SIGNED|UNABLE_TO/i.test(code)) return 'its certificate is not good'
  return /ECONNREFUSED|ConnectionRefused/i.test(code) ? 'the connection was refused' : 'the connection broke off'
}
