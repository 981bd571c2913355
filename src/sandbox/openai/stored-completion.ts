import type { ChatCall } from './chat-fields.ts'

/** A chat completion as it is kept. */
export type StoredCompletion = {
  readonly id: string
  readonly model: string
  readonly body: object
  readonly messages: ChatCall['messages']
  readonly metadata: Readonly<Record<string, string>>
}
