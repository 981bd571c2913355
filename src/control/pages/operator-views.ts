/** That an operator looks at an organization without being its member is in the audit log, once an hour for each. */
import type { Actor } from '../../store/store.ts'
import { askAdmin } from './ask-admin.ts'
import type { PagesDeps } from './page-route.ts'

export type NoteView = (actor: Actor, organizationId: string) => Promise<void>

const everyMs = 3_600_000
/** Beyond it, all are forgotten, and written down once more. */
const knownMax = 10_000

/** Rejects where it cannot be written down: then nothing is shown. */
export function createViews({ admin, clock }: Pick<PagesDeps, 'admin' | 'clock'>): NoteView {
  const noted = new Map<string, number>()
  return async (actor, organizationId) => {
    const view = `${actor.id} ${organizationId}`
    const now = clock.monotonic()
    if (now - (noted.get(view) ?? -Infinity) < everyMs) return
    await askAdmin(admin, actor)('POST', `/organizations/${organizationId}/views`)
    if (noted.size >= knownMax) noted.clear()
    noted.set(view, now)
  }
}
