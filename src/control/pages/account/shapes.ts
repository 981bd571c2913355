/** Shapes that several routes of an account answer with. */
import { z } from 'zod'

/** Where somebody goes who gave their password: in, or to their second factor. */
export const Next = z.strictObject({ next: z.enum(['home', 'second-factor']) })
/** Done, and nothing more is to be said. */
export const Done = z.strictObject({})
