/** A new request id, `req_` and 32 hex digits that sort by time. */
export const newRequestId = (): string => `req_${Bun.randomUUIDv7('buffer').toString('hex')}`
