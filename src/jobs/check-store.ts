/** Looks through the store's own files when the process starts, once a day, and when an error says that they are broken. */
import { inBackground, type Log } from '../lib/log.ts'
import type { Store } from '../store/store.ts'

const everyMs = 24 * 60 * 60_000

export type StoreCheck = {
  /** What was broken at the last look, on one line; null: nothing. */
  readonly damage: () => string | null
  /** Looks now, unless it does already. */
  readonly look: () => void
  readonly stop: () => void
}

/** Begins with a first look, which nothing waits for. */
export function startCheckingStore(store: Pick<Store, 'findDamage'>, log: Log): StoreCheck {
  let damage: string | null = null
  let isLooking = false
  let isStopped = false
  const lookOnce = async (): Promise<void> => {
    try {
      const found = await store.findDamage()
      damage = found.length === 0 ? null : found.join('; ').replaceAll(/\s+/g, ' ')
      if (damage !== null) log.error({ event: 'database-damaged', damage })
    } finally {
      isLooking = false
    }
  }
  const look = (): void => {
    if (isLooking || isStopped) return
    isLooking = true
    inBackground(log, 'check-store', lookOnce)
  }
  const timer = setInterval(look, everyMs)
  look()
  return {
    damage: () => damage,
    look,
    stop() {
      isStopped = true
      clearInterval(timer)
    },
  }
}
