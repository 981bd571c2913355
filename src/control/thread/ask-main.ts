/** What the control thread asks of the data plane's: the admin API, and that the journal be shipped. */
import { createSharedWork } from '../../lib/shared-work.ts'
import type { CountedRejection } from '../../store/reports-db/reports-db.ts'
import type { AdminCall, AdminReply, InsideAdmin } from '../inside-admin.ts'
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
  const admin = async (call: AdminCall): Promise<AdminReply> => (await ask({ what: 'admin', call })) as AdminReply
  return {
    admin: readOnce(admin),
    ship: async () => void (await ask({ what: 'ship' })),
    rejections: async () => (await ask({ what: 'rejections' })) as readonly CountedRejection[],
  }
}

/**
 * A page asks for its organization several times in the same moment, and so do the pages of all its members: that is read
 * once. What is read is the same whoever asks. What is asked for after a change joins no question from before it.
 */
function readOnce(admin: InsideAdmin): InsideAdmin {
  const { share, part } = createSharedWork<AdminReply>()
  return async (call) => {
    if (call.method === 'GET') return share(call.path, () => admin(call))
    return admin(call).finally(part)
  }
}
