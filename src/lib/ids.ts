/** A new request id, `req_` and 32 hex digits that sort by time. */
export const newRequestId = (): string => `req_${Bun.randomUUIDv7('buffer').toString('hex')}`

export const isRequestId = (text: string): boolean => /^req_[0-9a-f]{32}$/.test(text)
