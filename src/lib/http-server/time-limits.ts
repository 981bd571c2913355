/** How long a connection may take for what, ms. */

/** Without a request under way. */
export const idleMsMax = 120_000
/** For a head to come whole. */
export const headMsMax = 30_000
/** Between two pieces of a body that is waited for. */
export const bodyQuietMsMax = 60_000
/** For all of it, or for as much of it as has come: 100 MiB at half a megabit a second, and as fast beyond that. */
export const bodyMsMax = (bytes: number): number => Math.max(1_800_000, bytes / bytesPerMsMin)
const bytesPerMsMin = 500_000 / 8 / 1000
/** For a client to take anything of an answer that waits for it. */
export const answerQuietMsMax = 600_000
/** What is still to come of a body that nobody wanted is read away for this long, so that its sender gets to read the answer. */
export const lingerMsMax = 20_000
/** For a client to close what we have closed; what it still sends is read away too. */
export const closingMsMax = 20_000
