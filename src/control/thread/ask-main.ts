/** What the control thread asks of the data plane's: the admin API, and that the journal be shipped. */
import type { CountedRejection } from '../../store/reports-db/reports-db.ts'
import type { AdminReply, InsideAdmin } from '../inside-admin.ts'
import type { Ask, Port, Reply, ToControl, ToMain } from './messages.ts'

export type AskMain = {
  readonly admin: InsideAdmin
  readonly ship: () => Promise<void>
  readonly rejections: () => Promise<readonly CountedRejection[]>
}

/** Asks at once; more is refused, because then nobody answers. */
const asksMax = 10_000

export function askMain(port: Port<ToMain, ToControl>): AskMain {
  const waiting = new Map<number, (reply: Reply) => void>()
  let lastId = 0
  port.on('message', (message) => {
    if (message.kind !== 'reply') return
    waiting.get(message.id)?.(message.reply)
    waiting.delete(message.id)
  })
  const ask = async (asked: Ask) => {
    if (waiting.size >= asksMax) throw new Error(`${asksMax} questions to the data plane wait`)
    const id = ++lastId
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve)
      port.postMessage({ kind: 'ask', id, ask: asked })
    })
    if (!reply.ok) throw new Error(`the data plane could not answer: ${reply.message}`)
    return reply.value
  }
  return {
    admin: async (call) => (await ask({ what: 'admin', call })) as AdminReply,
    ship: async () => void (await ask({ what: 'ship' })),
    rejections: async () => (await ask({ what: 'rejections' })) as readonly CountedRejection[],
  }
}
