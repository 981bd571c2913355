/** Whether a provider has the Responses API, or is asked a chat completion instead. */
import { z } from 'zod'
import type { Adapter, OperationName } from '../deployment.ts'

const responsesWays = ['native', 'translated'] as const
type ResponsesWay = (typeof responsesWays)[number]

export const responsesField = (usual: ResponsesWay) =>
  z
    .enum(responsesWays, 'native or translated')
    .default(usual)
    .describe(
      'How `/v1/responses` is asked of it: `native` where it has `/responses` itself, `translated` where each is to be a chat completion.',
    )

/** What only those have that keep what they answer. */
const ofResponsesAlone = /^(responses|chat\.completions)\.|^conversations/

/** A provider's operations, and those that it is asked as chat completions. What only a Responses API has, no other is asked at all. */
export function responsesAs(
  way: ResponsesWay,
  operations: readonly OperationName[],
  limitName: string,
): Pick<Adapter, 'operations' | 'translates'> {
  if (way === 'native') return { operations }
  return {
    operations: operations.filter((operation) => !ofResponsesAlone.test(operation)),
    translates: { operations: ['responses'], limitName },
  }
}
