/** Who is let in: as many connections as there are file descriptors for, and of one client's address no more than its share. */
import type { Socket } from 'bun'
import type { Roster } from '../roster.ts'
import type { AddressLimits, Addresses } from './address-limits.ts'
import { answerHead } from './answer-head.ts'
import type { Trust } from './asked-origin.ts'
import { plainAddress } from './client-address.ts'
import { Connection } from './connection.ts'
import { problemAnswer } from './contract.ts'
import type { Guest, TurnedAwayFor } from './guest.ts'
import type { Host } from './host.ts'
import { Introduction, type Introduced } from './introduction.ts'
import { createSpareRoom } from './spare-room.ts'

export type Doors = {
  /** At once. Where there are as many, those make room that nothing is under way on. */
  readonly connectionsMax: number
  readonly ofAddress: AddressLimits
  /** Whose word counts on whom a connection is from. */
  readonly trusts: Trust
  /** Whether they say so in front of everything else, by the PROXY protocol, which is refused from anybody else. */
  readonly proxyProtocol: boolean
}

const answers: Readonly<Record<TurnedAwayFor, readonly [status: number, message: string]>> = {
  full: [503, 'There are too many connections to this server. Try again shortly.'],
  'address-connections': [429, 'There are too many connections from your address. Close some, or use those there are.'],
  'address-new': [429, 'Your address opens connections too fast. Keep them open between requests.'],
  'proxy-header': [400, 'A proxy must begin its connections with a header of the PROXY protocol here.'],
}

type Hall = { readonly guests: Roster<Guest>; readonly addresses: Addresses; readonly host: Host }

/** What is done with a connection that is new. */
export function createDoor(doors: () => Doors, { guests, addresses, host }: Hall): (socket: Socket<Guest>) => void {
  const makeRoom = createSpareRoom(() => guests.members(), host.now)

  const turnAway = (socket: Socket<Guest>, address: string, why: TurnedAwayFor): void => {
    host.refused(why, address)
    socket.end(refusal(why, host.date()))
  }
  const letIn = (socket: Socket<Guest>, address: string): void => {
    const why = addresses.enter(address)
    if (why) return turnAway(socket, address, why)
    socket.data = new Connection(socket, host, address)
    guests.add(socket.data)
  }
  const introduce = (socket: Socket<Guest>, proxy: string): void => {
    const told: Introduced = {
      gone: () => guests.remove(introduction),
      failed: () => turnAway(socket, proxy, 'proxy-header'),
      introduced(source, rest) {
        letIn(socket, source ?? proxy)
        if (rest.length > 0) socket.data.take(rest)
      },
    }
    const introduction = new Introduction(socket, told, { peer: proxy, now: host.now() })
    socket.data = introduction
    guests.add(introduction)
  }
  return (socket) => {
    // A client may be gone by now, and have none.
    const { remoteAddress = '' } = socket as Partial<Socket<Guest>>
    const peer = plainAddress(remoteAddress)
    const { connectionsMax, proxyProtocol, trusts } = doors()
    if (guests.size >= connectionsMax) {
      const gone = makeRoom()
      if (!gone) return turnAway(socket, peer, 'full')
      host.refused('made-room', gone.peer)
    }
    socket.setNoDelay(true)
    if (proxyProtocol && trusts(peer)) introduce(socket, peer)
    else letIn(socket, peer)
  }
}

const retryAfterSeconds = '5'

function refusal(why: TurnedAwayFor, date: string): string {
  const { status, headers, body } = problemAnswer(answers[why][0], answers[why][1])
  const ending = { length: Buffer.byteLength(body as string), connection: 'close' as const, date }
  const again = why === 'proxy-header' ? {} : { 'retry-after': retryAfterSeconds }
  return answerHead(status, { ...headers, ...again }, ending) + (body as string)
}
