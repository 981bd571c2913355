/** Attacks by what becomes of answers: many at full speed, taken slowly or not at all, left again and again. */
import { createTally, untilOver, type Attack } from './target.ts'
import { chatPath, openWire, question, requestText } from './wire.ts'

const streamed = { stream: true }

/** So many at once; a new one when an answer is over. */
const asked =
  (atOnce: number, body: string, isReading: boolean): Attack =>
  async (target) => {
    const tally = createTally()
    await untilOver(target, atOnce, async () => {
      const wire = openWire(target, tally, isReading)
      tally.add('connections')
      await wire.send(requestText(target, chatPath, body))
      const closed = new Promise<void>((resolve) => void wire.socket.once('close', resolve))
      if (isReading) {
        wire.socket.on('data', (bytes: Buffer) => {
          tally.add('bytes', bytes.length)
          if (bytes.includes('data: [DONE]')) wire.socket.destroy()
        })
      }
      await Promise.race([target.over, closed])
      wire.socket.destroy()
    })
    return tally.done()
  }

/** Asks for a long answer, and is gone with its first piece. */
const leaving =
  (atOnce: number, body: string): Attack =>
  async (target) => {
    const tally = createTally()
    await untilOver(target, atOnce, async () => {
      const wire = openWire(target, tally)
      await wire.send(requestText(target, chatPath, body))
      await Promise.race([target.over, wire.answered])
      wire.socket.resetAndDestroy()
    })
    return tally.done()
  }

export const streams: Readonly<Record<string, Attack>> = {
  'full-speed-streams': asked(100, question('tokens=20000', streamed), true),
  'unread-streams': asked(100, question('tokens=20000', streamed), false),
  'unread-answers': asked(300, question('tokens=20000'), false),
  'left-streams': leaving(50, question('tokens=2000 chunk_ms=1', streamed)),
}
