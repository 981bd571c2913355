/** Every paid endpoint, by what its URL says. What is listed, and what a model can be asked, follows from here. */
import type { Model } from '../catalog/catalog.ts'
import type { Endpoint } from './dialect.ts'
import { generateContent, streamGenerateContent } from './dialects/genai/generate.ts'
import { chatCompletions } from './dialects/openai/chat/completions.ts'
import { embeddings } from './dialects/openai/embeddings/embeddings.ts'
import { imageGenerations } from './dialects/openai/images/generations.ts'

/** Of the OpenAI dialect, by path. */
export const openaiEndpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['/v1/chat/completions', chatCompletions],
  ['/v1/embeddings', embeddings],
  ['/v1/images/generations', imageGenerations],
])

/** Of the Gemini dialect, by the verb behind a model's name. */
export const genaiEndpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['generateContent', generateContent],
  ['streamGenerateContent', streamGenerateContent],
])

const all = [...openaiEndpoints.values(), ...genaiEndpoints.values()]

/** The endpoints that a model can be asked at; none while nothing is built for its dialect and kind. */
export const endpointsFor = ({ dialect, kind }: Pick<Model, 'dialect' | 'kind'>): readonly Endpoint[] =>
  all.filter((endpoint) => endpoint.dialect.name === dialect && endpoint.kinds.includes(kind))
