/** Test and live: two sets of books, which no page ever adds up. */
export type Mode = 'test' | 'live'

export const isMode = (value: unknown): value is Mode => value === 'test' || value === 'live'
