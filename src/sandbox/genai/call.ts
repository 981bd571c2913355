/** A generateContent call, as far as the sandbox reads it: what `messages.ts` lets through. */

type Blob = { readonly mimeType?: string }
export type Part = {
  readonly text?: string
  readonly thought?: boolean
  readonly inlineData?: Blob
  readonly fileData?: Blob
  readonly functionCall?: { readonly id?: string; readonly name?: string; readonly args?: unknown }
  readonly functionResponse?: { readonly id?: string; readonly name?: string; readonly response?: unknown }
  readonly executableCode?: object
  readonly codeExecutionResult?: object
}
export type Content = { readonly role?: string; readonly parts?: readonly Part[] }
export type FunctionDeclaration = {
  readonly name?: string
  readonly description?: string
  readonly parameters?: object
  readonly parametersJsonSchema?: unknown
}
type Tool = {
  readonly functionDeclarations?: readonly FunctionDeclaration[]
  readonly googleSearch?: object
  readonly googleSearchRetrieval?: object
  readonly enterpriseWebSearch?: object
  readonly codeExecution?: object
  readonly urlContext?: object
  readonly googleMaps?: { readonly enableWidget?: boolean }
}
export type GenerationConfig = {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly candidateCount?: number
  readonly maxOutputTokens?: number
  readonly stopSequences?: readonly string[]
  readonly seed?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly responseLogprobs?: boolean
  readonly logprobs?: number
  readonly responseMimeType?: string
  readonly responseSchema?: object
  readonly responseJsonSchema?: unknown
  readonly responseModalities?: readonly string[]
  readonly thinkingConfig?: {
    readonly includeThoughts?: boolean
    readonly thinkingBudget?: number
    readonly thinkingLevel?: string
  }
  readonly imageConfig?: {
    readonly aspectRatio?: string
    readonly imageSize?: string
    readonly mimeType?: string
    readonly outputMimeType?: string
    readonly imageOutputOptions?: Blob
  }
  readonly outputOptions?: Blob
}
/** A call. */
export type GenerateCall = {
  readonly contents?: readonly Content[]
  readonly systemInstruction?: Content
  readonly tools?: readonly Tool[]
  readonly toolConfig?: {
    readonly functionCallingConfig?: { readonly mode?: string; readonly allowedFunctionNames?: readonly string[] }
  }
  readonly serviceTier?: string
  readonly generationConfig?: GenerationConfig
}

/** The words of an enumeration, which `text/x.enum` has to come with. */
export const wordsIn = (schema: unknown): readonly string[] =>
  ((schema as { readonly enum?: readonly string[] } | undefined)?.enum ?? []).map(String)
