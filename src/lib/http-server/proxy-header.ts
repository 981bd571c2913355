/**
 * The PROXY protocol, versions 1 and 2, as haproxy.org/download/3.2/doc/proxy-protocol.txt has it: what a proxy that
 * passes bytes on says, in front of them, about who connected to it.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { plainAddress } from './client-address.ts'

/** `source`: null where the proxy speaks for itself, or says nothing that is an IP address. `end`: where its client's bytes begin. */
export type ProxyHeader = { readonly source: string | null; readonly end: number }

/** A line of version 1 with its end. */
const lineBytesMax = 107
/** Of version 2, with what it says beside the addresses; 536 are usual. */
const binaryBytesMax = 4 * 1024
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const word = Buffer.from('PROXY ', 'latin1')
/** In front of the addresses: signature, command, family, length. */
const fixedBytes = 16

/** `more` where it has not come whole, `bad` where what came is none. Never asks for more than 4 KiB. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  if (beginsAs(bytes, signature)) return bytes.length < fixedBytes ? 'more' : readBinary(bytes)
  return beginsAs(bytes, word) ? readLine(bytes) : 'bad'
}

/** As far as both go. */
function beginsAs(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length)
  return bytes.compare(beginning, 0, length, 0, length) === 0
}

const known = /^PROXY (TCP[46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (\d{1,5}) (\d{1,5})$/

function readLine(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  const end = bytes.subarray(0, lineBytesMax).indexOf('\r\n')
  if (end === -1) return bytes.length < lineBytesMax ? 'more' : 'bad'
  const line = bytes.toString('latin1', 0, end)
  if (/^PROXY UNKNOWN(?: [ -~]*)?$/.test(line)) return { source: null, end: end + 2 }
  const [, family, source = '', target = '', ...ports] = known.exec(line) ?? []
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6
  const isGood = family !== undefined && isAddress(source) && isAddress(target) && ports.every(isPort)
  return isGood ? { source: plainAddress(source), end: end + 2 } : 'bad'
}

const isPort = (text: string): boolean => Number(text) <= 65_535

/** Bytes of two addresses and two ports, by the family's number: none, IPv4, IPv6, paths of sockets. */
const addressBytes = [0, 12, 36, 216]

function readBinary(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  const [command, kind] = [bytes[12]!, bytes[13]!]
  const [family, transport] = [kind >> 4, kind & 0xf]
  const length = bytes.readUInt16BE(14)
  const end = fixedBytes + length
  const isLocal = command === 0x20
  if ((!isLocal && command !== 0x21) || end > binaryBytesMax) return 'bad'
  const needed = addressBytes[family]
  if (!isLocal && (needed === undefined || length < needed || transport > 2)) return 'bad'
  if (bytes.length < end) return 'more'
  // Behind the addresses is what else it has to say (TLVs), of which nothing is needed here.
  const isStream = transport === 1
  if (isLocal || !isStream) return { source: null, end }
  if (family === 1) return { source: bytes.subarray(fixedBytes, fixedBytes + 4).join('.'), end }
  return { source: family === 2 ? wordsOf(bytes.subarray(fixedBytes, fixedBytes + 16)) : null, end }
}

function wordsOf(bytes: Buffer): string {
  if (bytes.subarray(0, 12).equals(mappedPrefix)) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, nth) => bytes.readUInt16BE(nth * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
/** Of IPv4 within IPv6. */
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex')
