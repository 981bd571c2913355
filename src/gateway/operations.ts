/** Every operation that is asked of upstreams. What a model can be asked follows from here. */
import type { Model } from '../catalog/catalog.ts'
import { countTokens } from './dialects/genai/count-tokens.ts'
import { generateContent, streamGenerateContent } from './dialects/genai/generate.ts'
import { chatCompletions } from './dialects/openai/chat/completions.ts'
import { embeddings } from './dialects/openai/embeddings/embeddings.ts'
import { imageGenerations } from './dialects/openai/images/generations.ts'
import { compactResponse } from './dialects/openai/responses/compact.ts'
import { createResponse } from './dialects/openai/responses/create.ts'
import { countInput } from './dialects/openai/responses/count-input.ts'
import type { Operation } from './operation.ts'

export const operations: readonly Operation[] = [
  chatCompletions,
  embeddings,
  imageGenerations,
  createResponse,
  compactResponse,
  countInput,
  generateContent,
  streamGenerateContent,
  countTokens,
]

/** What a model can be asked; nothing while nothing is built for its dialect and kind. */
export const operationsFor = ({ dialect, kind }: Pick<Model, 'dialect' | 'kind'>): readonly Operation[] =>
  operations.filter((operation) => operation.dialect.name === dialect && operation.kinds.includes(kind))
