/** Attacks by what an upstream sends: the attacker asks for it, as any customer might whose provider has gone mad. */
import { createTally, untilOver, type Attack } from './target.ts'
import { chatPath, openWire, question, requestText } from './wire.ts'

const atOnce = 8

/** Asks for a model of `run-upstream.ts` again and again, as a stream or whole. */
const asking =
  (model: string, stream: boolean): Attack =>
  async (target) => {
    const tally = createTally()
    const request = requestText(target, chatPath, question('', { model, stream })).replace(
      '\r\n\r\n',
      '\r\nconnection: close\r\n\r\n',
    )
    await untilOver(target, atOnce, async () => {
      const wire = openWire(target, tally)
      tally.add('connections')
      await wire.send(request)
      await Promise.race([target.over, new Promise<void>((resolve) => void wire.socket.once('close', resolve))])
      wire.socket.destroy()
    })
    return tally.done()
  }

export const upstreams: Readonly<Record<string, Attack>> = {
  'endless-record': asking('endless-record', true),
  'endless-head': asking('endless-head', false),
  'endless-answer': asking('endless-answer', false),
  'unpacked-stream': asking('bomb', true),
  'unpacked-answer': asking('bomb', false),
}
