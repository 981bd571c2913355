/** The search of URLs: plain `name=value`, repeated for lists, so that people can read and write it. */

export function parseSearch(text: string): Record<string, string | string[]> {
  const values = new URLSearchParams(text)
  return Object.fromEntries(
    [...new Set(values.keys())].map((name) => {
      const all = values.getAll(name)
      return [name, all.length === 1 ? all[0]! : all]
    }),
  )
}

/** What is undefined, null or empty is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const values = new URLSearchParams()
  for (const [name, value] of Object.entries(search))
    for (const each of [value].flat())
      if (each !== undefined && each !== null && each !== '')
        values.append(name, `${each as string | number | boolean}`)
  return values.size === 0 ? '' : `?${values}`
}

/** One text of a search; undefined where there is none. */
export const textIn = (search: Record<string, unknown>, name: string): string | undefined => {
  const value = [search[name]].flat()[0]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A list of a search; undefined where it is empty. */
export const listIn = (search: Record<string, unknown>, name: string): readonly string[] | undefined => {
  const values = [search[name]].flat().filter((value): value is string => typeof value === 'string' && value !== '')
  return values.length === 0 ? undefined : values
}

/** One of some words; undefined for any other. */
export const wordIn = <Word extends string>(
  search: Record<string, unknown>,
  name: string,
  words: readonly Word[],
): Word | undefined => words.find((word) => word === textIn(search, name))

/**
 * What a route has read of the search. What is no good is undefined rather than left out: of names that are left out the
 * router gives pages whatever somebody wrote into the URL.
 */
export const readAs = <Search extends object>(values: {
  readonly [Name in keyof Search]-?: Search[Name] | undefined
}): Search => values as Search
