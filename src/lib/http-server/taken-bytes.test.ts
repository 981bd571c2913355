import { afterEach, expect, test } from 'bun:test'
import type { Socket } from 'bun'
import { takenBytes } from './taken-bytes.ts'
import { closeAll, dial, until } from './test-client.ts'

afterEach(closeAll)

/** Only Linux tells. */
test.if(process.platform === 'linux')(
  'tells what the other side takes, and nothing where it takes nothing',
  async () => {
    let socket: Socket | null = null
    const listener = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { open: (opened) => void (socket = opened), data: () => undefined },
    })
    const client = await dial(listener.port)
    client.socket.pause()
    await until(() => socket !== null)
    const sent = socket!.write(Buffer.alloc(32 * 1024 * 1024))
    // The other side's kernel takes until its buffer is full.
    let taken = 0
    await until(() => {
      const before = taken
      taken = takenBytes(socket!)!
      return taken > 0 && taken === before
    })
    expect(taken).toBeLessThan(sent)
    client.socket.on('data', () => client.got().length > 256 * 1024 && client.socket.pause())
    client.socket.resume()
    await until(() => takenBytes(socket!)! > taken)
    socket!.terminate()
    expect(takenBytes(socket!)).toBeNull()
    listener.stop(true)
  },
)
