import { ApiTrouble } from './client.ts'

export type Beside = {
  /** What is said beside a field; undefined where nothing is. */
  readonly of: (field: string) => string | undefined
  /** What has no field here, and is said below. */
  readonly rest: unknown
}

/** What the server refuses, told beside the field that it is of. `fields`: those that the form has. */
export function besideFields(error: unknown, fields: readonly string[]): Beside {
  const field = error instanceof ApiTrouble ? fields.find((each) => each === error.field?.split('.')[0]) : undefined
  return {
    of: (asked) => (asked === field ? (error as ApiTrouble).message : undefined),
    rest: field === undefined ? error : null,
  }
}
