/** Test or live, as operators say it or leave it unsaid. */
import { z } from 'zod'
import { modes, type Mode } from '../../store/store.ts'

export const ModeInput = z.enum(modes, modes.join(' or ')).optional()
/** The query of what is asked for nothing else. */
export const ModeParameters = z.strictObject({ mode: ModeInput })

/** What is meant: live once a real provider is configured, else test, unless it is said. */
export const modeOr = (asked: Mode | undefined, { simulated }: { readonly simulated: boolean }): Mode =>
  asked ?? (simulated ? 'test' : 'live')
