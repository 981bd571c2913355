/** A key for the playground: pasted there, or just made on the page of keys. It is in memory alone, and gone when the page is. */
let kept = ''

export const keptKey = {
  read: (): string => kept,
  write: (key: string): void => void (kept = key),
}
