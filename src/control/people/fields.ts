/** What people give of themselves, as it is read and with its bounds. */
import { z } from 'zod'

const emailAllowed = 'an e-mail address'
/** In small letters: two that differ by these alone are one person's. */
export const Email = z.string(emailAllowed).trim().toLowerCase().max(254, emailAllowed).pipe(z.email(emailAllowed))

export const passwordCharsMin = 12
export const passwordCharsMax = 256

/** One that was chosen before. */
export const Password = z
  .string('a password')
  .min(1, 'a password')
  .max(passwordCharsMax, `at most ${passwordCharsMax} characters`)

const newAllowed = `${passwordCharsMin} to ${passwordCharsMax} characters`
/** One that is chosen now. */
export const NewPassword = z.string(newAllowed).min(passwordCharsMin, newAllowed).max(passwordCharsMax, newAllowed)

/** What the library knows the provider by, and its way back has in it. */
export const oidcProvider = 'oidc'
