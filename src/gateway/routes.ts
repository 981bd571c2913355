/** The route table: every URL of the two dialects, with what is asked of upstreams and what is answered here. */
import * as genaiModels from './dialects/genai/models.ts'
import * as openaiModels from './dialects/openai/models.ts'
import { listVideos } from './dialects/openai/videos/list.ts'
import type { Route } from './operation.ts'
import { operations } from './operations.ts'
import { getCredits } from './credits.ts'
import { listCompletions } from './dialects/openai/chat/list.ts'
import { listFiles } from './dialects/openai/files/kept.ts'
import { getReceipt } from './receipts.ts'
import { getUsage } from './usage.ts'

export const routes: readonly Route[] = [
  ...operations,
  listCompletions,
  listFiles,
  openaiModels.listModels,
  openaiModels.retrieveModel,
  listVideos,
  getReceipt,
  getCredits,
  getUsage,
  genaiModels.listModels,
  genaiModels.getModel,
]
