/** Every operation that is asked of upstreams. What a model can be asked follows from here. */
import type { Model } from '../catalog/catalog.ts'
import { countTokens } from './dialects/genai/count-tokens.ts'
import { generateContent, streamGenerateContent } from './dialects/genai/generate.ts'
import { chatCompletions } from './dialects/openai/chat/completions.ts'
import {
  deleteCompletion,
  listCompletionMessages,
  retrieveCompletion,
  updateCompletion,
} from './dialects/openai/chat/kept.ts'
import {
  addConversationItems,
  createConversation,
  deleteConversation,
  deleteConversationItem,
  listConversationItems,
  retrieveConversation,
  retrieveConversationItem,
  updateConversation,
} from './dialects/openai/conversations/conversations.ts'
import { embeddings } from './dialects/openai/embeddings/embeddings.ts'
import { createFile } from './dialects/openai/files/create.ts'
import { deleteFile, fileContent, retrieveFile } from './dialects/openai/files/kept.ts'
import { imageEdits } from './dialects/openai/images/edits.ts'
import { imageGenerations } from './dialects/openai/images/generations.ts'
import { compactResponse } from './dialects/openai/responses/compact.ts'
import { createResponse } from './dialects/openai/responses/create.ts'
import { countInput } from './dialects/openai/responses/count-input.ts'
import { cancelResponse, deleteResponse, listInputItems, retrieveResponse } from './dialects/openai/responses/kept.ts'
import { createCharacter } from './dialects/openai/videos/characters.ts'
import { createVideo } from './dialects/openai/videos/create.ts'
import { editVideo, extendVideo, remixVideo } from './dialects/openai/videos/made-from.ts'
import { deleteVideo, downloadVideo, retrieveCharacter, retrieveVideo } from './dialects/openai/videos/single.ts'
import type { Operation } from './operation.ts'

export const operations: readonly Operation[] = [
  chatCompletions,
  embeddings,
  imageGenerations,
  imageEdits,
  createFile,
  retrieveFile,
  deleteFile,
  fileContent,
  createResponse,
  compactResponse,
  countInput,
  retrieveResponse,
  deleteResponse,
  cancelResponse,
  listInputItems,
  createConversation,
  retrieveConversation,
  updateConversation,
  deleteConversation,
  listConversationItems,
  addConversationItems,
  retrieveConversationItem,
  deleteConversationItem,
  retrieveCompletion,
  updateCompletion,
  deleteCompletion,
  listCompletionMessages,
  createVideo,
  remixVideo,
  editVideo,
  extendVideo,
  retrieveVideo,
  deleteVideo,
  downloadVideo,
  createCharacter,
  retrieveCharacter,
  generateContent,
  streamGenerateContent,
  countTokens,
]

/** What a model can be asked; nothing while nothing is built for its dialect and kind. */
export const operationsFor = ({ dialect, kind }: Pick<Model, 'dialect' | 'kind'>): readonly Operation[] =>
  operations.filter((operation) => operation.dialect.name === dialect && operation.kinds.includes(kind))
