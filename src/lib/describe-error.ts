/** An error in words for operators: name, message and cause. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (because ${describeError(error.cause)})`
  return `${error.name}: ${error.message}${cause}`
}
