/** 32 hex digits that sort by time. */
export const newHexId = (): string => Bun.randomUUIDv7('buffer').toString('hex')

/** A new request id: `req_` and such digits. */
export const newRequestId = (): string => `req_${newHexId()}`

export const isRequestId = (text: string): boolean => /^req_[0-9a-f]{32}$/.test(text)
