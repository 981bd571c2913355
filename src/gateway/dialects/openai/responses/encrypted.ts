import { createHash } from 'node:crypto'

/** No two have such a beginning: it has a time and a random vector in it. Of a long text in a large body more is not read. */
const beginningChars = 160

/** What stands for something encrypted where its maker is looked up: clients leave out the ids of such items. */
export const encryptedId = (content: string): string =>
  `enc_${createHash('sha256').update(content.slice(0, beginningChars)).digest('base64url').slice(0, 24)}`
