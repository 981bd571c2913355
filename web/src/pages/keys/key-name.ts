import type { PageKeyJson } from '../../../../src/control/contract-pages.ts'

/** What a key is called: its name, or how its secret begins. */
export const nameOf = ({ name, prefix }: Pick<PageKeyJson, 'name' | 'prefix'>): string =>
  name === '' ? `${prefix}…` : name
