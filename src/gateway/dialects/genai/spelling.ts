/** Google's JSON takes `camelCase` and `snake_case` for the same field, so both are read, and never both at once. */
export const camelCase = (key: string): string =>
  key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The spelling that an object uses for a field; camelCase when it has none. */
export const spelling = (object: Readonly<Record<string, unknown>>, field: string): string =>
  !(field in object) && snakeCase(field) in object ? snakeCase(field) : field

/** An object's own fields under their camelCase names; values are left alone. */
export const camelFields = (object: unknown): Readonly<Record<string, unknown>> =>
  typeof object === 'object' && object !== null
    ? Object.fromEntries(Object.entries(object).map(([key, value]) => [camelCase(key), value]))
    : {}
