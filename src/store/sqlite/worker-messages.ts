/** What the store's worker and its client say to each other. Structured clone carries bigint, but no class. */
import { StoreRefusal, type Installation, type Store } from '../store.ts'

/** The opening message: which connection this worker is to serve. */
export type Opening = {
  readonly path: string
  readonly role: 'writer' | 'reader'
  readonly installation?: Installation | undefined
}

export type Call = { readonly id: number; readonly method: keyof Store; readonly args: readonly unknown[] }

export type Failure =
  | { readonly kind: 'refusal'; readonly code: StoreRefusal['code']; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string; readonly stack: string }

/** `id` 0 answers the opening. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure }

/** An error as data; a refusal stays one. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StoreRefusal) return { kind: 'refusal', code: error.code, message: error.message }
  if (error instanceof Error) return { kind: 'fault', message: error.message, stack: error.stack ?? '' }
  return { kind: 'fault', message: String(error), stack: '' }
}

/** The error that `failureOf` made data of, with the worker's stack. */
export function errorOf(failure: Failure): Error {
  switch (failure.kind) {
    case 'refusal':
      return new StoreRefusal(failure.code, failure.message)
    case 'fault':
      return Object.assign(new Error(failure.message), { stack: failure.stack })
  }
}
