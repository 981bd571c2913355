/**
 * Counts tokens in a worker that starts when first needed. The o200k vocabulary is OpenAI's; for other
 * families the count is an estimate.
 */
export type Tokenizer = { readonly countTokens: (text: string) => Promise<number>; readonly stop: () => void }

export function createTokenizer(): Tokenizer {
  const waiting = new Map<number, { resolve: (tokens: number) => void; reject: (error: Error) => void }>()
  let worker: Worker | null = null
  let lastId = 0

  const start = (): Worker => {
    const started = new Worker(new URL('./tokenizer-worker.ts', import.meta.url))
    started.unref()
    started.onmessage = ({ data }: MessageEvent<{ id: number; tokens: number }>) => {
      waiting.get(data.id)?.resolve(data.tokens)
      waiting.delete(data.id)
    }
    started.onerror = ({ message }) => {
      for (const { reject } of waiting.values()) reject(new Error(`the tokenizer failed: ${message}`))
      waiting.clear()
      worker = null
    }
    return started
  }
  return {
    countTokens(text) {
      if (text === '') return Promise.resolve(0)
      worker ??= start()
      lastId += 1
      const id = lastId
      const counted = new Promise<number>((resolve, reject) => waiting.set(id, { resolve, reject }))
      worker.postMessage({ id, text })
      return counted
    },
    stop: () => worker?.terminate(),
  }
}
