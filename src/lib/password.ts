/** Passwords as they are kept: argon2id, in the PHC string format, which says its own parameters. */
import { createAtOnce } from './at-once.ts'

/** What OWASP asks for at the least (19 MiB, two passes): about 20 ms of a thread beside the event loop. */
const cost = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const

/** Each takes its memory, so what comes at once waits. */
const atOnce = createAtOnce(4)

export const hashPassword = (password: string): Promise<string> => atOnce(() => Bun.password.hash(password, cost))

/** Whether it is the password of that hash; false too for a hash that is none. */
export const isPassword = (password: string, hash: string): Promise<boolean> =>
  atOnce(() => Bun.password.verify(password, hash).catch(() => false))
