/**
 * The messages that a generateContent call is made of, with all their fields: those of AI Studio and of Vertex
 * (@google/genai 3.3.0, genai.d.ts; ai.google.dev/api/generate-content). Which service lacks which is the poses'.
 */
import type { Field, Message } from './read-message.ts'

const string: Field = { kind: 'string' }
const int32: Field = { kind: 'int32' }
const int64: Field = { kind: 'int64' }
const float: Field = { kind: 'float' }
const double: Field = { kind: 'double' }
const bool: Field = { kind: 'bool' }
const bytes: Field = { kind: 'bytes' }
const any: Field = { kind: 'any' }
const list = (of: Field): Field => ({ kind: 'list', of })
const map = (of: Field): Field => ({ kind: 'map', of })
const one = (of: Message): Field => ({ kind: 'message', of: () => of })
const message = (name: string, fields: Message['fields'], oneOf?: readonly string[]): Message =>
  oneOf ? { name, fields, oneOf } : { name, fields }
const words = (name: string, values: string): Field => ({ kind: 'enum', name, values: values.split(' ') })
const empty = (name: string): Field => one(message(name, {}))

const blob = one(message('Blob', { mimeType: string, data: bytes, displayName: string }))
const fileData = one(message('FileData', { mimeType: string, fileUri: string, displayName: string }))
const mediaProcessing = words('MediaProcessing', 'MEDIA_PROCESSING_UNSPECIFIED STATIC AGENTIC')
const functionCall = one(
  message('FunctionCall', { id: string, name: string, args: any, partialArgs: any, willContinue: bool }),
)
const functionResponse = one(
  message('FunctionResponse', {
    id: string,
    name: string,
    response: any,
    parts: list(one(message('FunctionResponsePart', { inlineData: blob, fileData, mediaProcessing }))),
    scheduling: words('FunctionResponse.Scheduling', 'SCHEDULING_UNSPECIFIED SILENT WHEN_IDLE INTERRUPT'),
    willContinue: bool,
  }),
)
const part = one(
  message(
    'Part',
    {
      text: string,
      inlineData: blob,
      fileData,
      functionCall,
      functionResponse,
      executableCode: one(
        message('ExecutableCode', {
          id: string,
          code: string,
          language: words('ExecutableCode.Language', 'LANGUAGE_UNSPECIFIED PYTHON'),
        }),
      ),
      codeExecutionResult: one(
        message('CodeExecutionResult', {
          id: string,
          output: string,
          outcome: words(
            'CodeExecutionResult.Outcome',
            'OUTCOME_UNSPECIFIED OUTCOME_OK OUTCOME_FAILED OUTCOME_DEADLINE_EXCEEDED',
          ),
        }),
      ),
      toolCall: any,
      toolResponse: any,
      audioTranscription: any,
      thought: bool,
      thoughtSignature: bytes,
      videoMetadata: one(message('VideoMetadata', { startOffset: string, endOffset: string, fps: double })),
      mediaResolution: any,
      mediaProcessing,
      partMetadata: any,
      speechMetadata: any,
    },
    ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult'],
  ),
)
const content = one(message('Content', { role: string, parts: list(part) }))

/** Also what a response or a function's parameters look like: OpenAPI's part of JSON Schema, in Google's names. */
const schema: Field = { kind: 'message', of: () => schemaMessage }
const schemaMessage: Message = message('Schema', {
  type: words('Type', 'TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL'),
  format: string,
  title: string,
  description: string,
  nullable: bool,
  enum: list(string),
  items: schema,
  maxItems: int64,
  minItems: int64,
  properties: map(schema),
  required: list(string),
  minProperties: int64,
  maxProperties: int64,
  minimum: double,
  maximum: double,
  minLength: int64,
  maxLength: int64,
  pattern: string,
  example: any,
  anyOf: list(schema),
  propertyOrdering: list(string),
  default: any,
})

const functionDeclaration = one(
  message('FunctionDeclaration', {
    name: string,
    description: string,
    behavior: words('FunctionDeclaration.Behavior', 'UNSPECIFIED BLOCKING NON_BLOCKING'),
    parameters: schema,
    parametersJsonSchema: any,
    response: schema,
    responseJsonSchema: any,
  }),
)
const interval = one(message('Interval', { startTime: string, endTime: string }))
const blockingConfidence = string
const tool = one(
  message('Tool', {
    functionDeclarations: list(functionDeclaration),
    googleSearch: one(
      message('GoogleSearch', {
        timeRangeFilter: interval,
        excludeDomains: list(string),
        blockingConfidence,
        searchTypes: one(message('SearchTypes', { webSearch: empty('WebSearch'), imageSearch: empty('ImageSearch') })),
      }),
    ),
    googleSearchRetrieval: one(
      message('GoogleSearchRetrieval', {
        dynamicRetrievalConfig: one(
          message('DynamicRetrievalConfig', {
            mode: words('DynamicRetrievalConfig.Mode', 'MODE_UNSPECIFIED MODE_DYNAMIC'),
            dynamicThreshold: float,
          }),
        ),
      }),
    ),
    codeExecution: empty('CodeExecution'),
    urlContext: empty('UrlContext'),
    googleMaps: one(message('GoogleMaps', { enableWidget: bool, authConfig: any, groundingTypes: any })),
    computerUse: any,
    fileSearch: one(
      message('FileSearch', {
        fileSearchStoreNames: list(string),
        metadataFilter: string,
        topK: int32,
        retrievalResources: any,
      }),
    ),
    mcpServers: any,
    retrieval: any,
    enterpriseWebSearch: one(message('EnterpriseWebSearch', { excludeDomains: list(string), blockingConfidence })),
    exaAiSearch: any,
    parallelAiSearch: any,
  }),
)
const toolConfig = one(
  message('ToolConfig', {
    functionCallingConfig: one(
      message('FunctionCallingConfig', {
        mode: words('FunctionCallingConfig.Mode', 'MODE_UNSPECIFIED AUTO ANY NONE VALIDATED'),
        allowedFunctionNames: list(string),
        streamFunctionCallArguments: bool,
      }),
    ),
    retrievalConfig: one(
      message('RetrievalConfig', {
        latLng: one(message('LatLng', { latitude: double, longitude: double })),
        languageCode: string,
      }),
    ),
    includeServerSideToolInvocations: bool,
  }),
)

const safetySetting = one(
  message('SafetySetting', {
    category: words(
      'HarmCategory',
      'HARM_CATEGORY_UNSPECIFIED HARM_CATEGORY_HARASSMENT HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_SEXUALLY_EXPLICIT HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_CIVIC_INTEGRITY HARM_CATEGORY_JAILBREAK HARM_CATEGORY_IMAGE_HATE HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT HARM_CATEGORY_IMAGE_HARASSMENT HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT',
    ),
    threshold: words(
      'SafetySetting.HarmBlockThreshold',
      'HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH BLOCK_NONE OFF',
    ),
    method: words('SafetySetting.HarmBlockMethod', 'HARM_BLOCK_METHOD_UNSPECIFIED SEVERITY PROBABILITY'),
  }),
)

const imageConfig = one(
  message('ImageConfig', {
    aspectRatio: string,
    imageSize: string,
    personGeneration: string,
    prominentPeople: string,
    mimeType: string,
    outputMimeType: string,
    outputCompressionQuality: int32,
    imageOutputOptions: one(message('ImageConfig.ImageOutputOptions', { mimeType: string, compressionQuality: int32 })),
  }),
)
const generationConfig = one(
  message('GenerationConfig', {
    temperature: float,
    topP: float,
    topK: float,
    candidateCount: int32,
    maxOutputTokens: int32,
    stopSequences: list(string),
    seed: int32,
    presencePenalty: float,
    frequencyPenalty: float,
    responseLogprobs: bool,
    logprobs: int32,
    responseMimeType: string,
    responseSchema: schema,
    responseJsonSchema: any,
    responseFormat: any,
    responseModalities: list(words('GenerationConfig.Modality', 'MODALITY_UNSPECIFIED TEXT IMAGE AUDIO VIDEO')),
    mediaResolution: words(
      'GenerationConfig.MediaResolution',
      'MEDIA_RESOLUTION_UNSPECIFIED MEDIA_RESOLUTION_LOW MEDIA_RESOLUTION_MEDIUM MEDIA_RESOLUTION_HIGH',
    ),
    speechConfig: any,
    translationConfig: any,
    audioTranscriptionConfig: any,
    audioTimestamp: bool,
    enableAffectiveDialog: bool,
    enableEnhancedCivicAnswers: bool,
    thinkingConfig: one(
      message('ThinkingConfig', {
        includeThoughts: bool,
        thinkingBudget: int32,
        thinkingLevel: words(
          'ThinkingConfig.ThinkingLevel',
          'THINKING_LEVEL_UNSPECIFIED LOW HIGH MEDIUM MINIMAL XHIGH',
        ),
      }),
    ),
    imageConfig,
    outputOptions: one(message('OutputOptions', { mimeType: string })),
    modelSelectionConfig: any,
    routingConfig: any,
  }),
)

/** The body of generateContent. */
export const generateRequest: Message = message('GenerateContentRequest', {
  model: string,
  contents: list(content),
  systemInstruction: content,
  tools: list(tool),
  toolConfig,
  safetySettings: list(safetySetting),
  generationConfig,
  cachedContent: string,
  serviceTier: string,
  store: bool,
  labels: map(string),
  continuationToken: string,
  modelArmorConfig: any,
  generationOutputConfig: any,
})

/** The body of countTokens: Google's own, or that of the call which is counted. */
export const countRequest: Message = message('CountTokensRequest', {
  ...generateRequest.fields,
  generateContentRequest: one(generateRequest),
  endpoint: string,
  instances: any,
})
