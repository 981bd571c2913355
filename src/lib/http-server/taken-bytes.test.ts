import { afterEach, expect, test } from 'bun:test'
import type { Socket } from 'bun'
import { takenBytes } from './taken-bytes.ts'
import { closeAll, dial, until } from './test-client.ts'

afterEach(closeAll)

/** Only Linux tells. */
test.if(process.platform === 'linux')(
  'tells what the other side takes, long before the socket takes more',
  async () => {
    let socket: Socket | null = null
    let drains = 0
    const listener = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { open: (opened) => void (socket = opened), data: () => undefined, drain: () => void (drains += 1) },
    })
    const client = await dial(listener.port)
    client.socket.pause()
    await until(() => socket !== null)
    const sent = socket!.write(Buffer.alloc(32 * 1024 * 1024))
    const taken = takenBytes(socket!)!
    expect(taken).toBeLessThan(sent)
    expect(takenBytes(socket!)).toBe(taken)
    // Enough to leave room for more, and too little for the socket to tell.
    client.socket.on('data', () => client.got().length > 256 * 1024 && client.socket.pause())
    client.socket.resume()
    await until(() => takenBytes(socket!)! > taken)
    expect(drains).toBe(0)
    socket!.terminate()
    expect(takenBytes(socket!)).toBeNull()
    listener.stop(true)
  },
)
