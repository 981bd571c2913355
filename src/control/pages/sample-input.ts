/** For tests: input that a schema accepts, with no more than it asks for. */
import type { z } from 'zod'

/** Tried in turn where something must be said. */
const candidates: readonly unknown[] = [
  'test',
  'a name',
  '1',
  1,
  '1.00',
  true,
  'true',
  'someone@example.com',
  'viewer',
  '2026-11-23',
  'https://example.com/hook',
  [],
  {},
  ['a'],
]

/** Throws, naming the field, where nothing fits: then the test must say what does. */
export function sampleInput(schema: z.ZodType | null): Record<string, unknown> {
  if (schema === null || schema.safeParse({}).success) return {}
  const fields = Object.entries((schema as z.ZodObject<Record<string, z.ZodType>>).shape)
  return Object.fromEntries(
    fields
      .filter(([, field]) => !field.safeParse(undefined).success)
      .map(([name, field]) => [name, candidates.find((each) => field.safeParse(each).success) ?? noneFor(name)]),
  )
}

function noneFor(name: string): never {
  throw new Error(`nothing that is tried fits the field ${name}: give the test an input of its own`)
}
