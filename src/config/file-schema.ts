/**
 * The sections of `mart.yaml`, each field with the words that editors and the reference page show.
 * What one field says about another is checked in `resolve.ts`.
 */
import { z } from 'zod'
import { secretField, textField, type References } from '../lib/references.ts'
import { providerSchema } from '../upstreams/providers.ts'
import { cors, server, webhooks } from './doors.ts'
import { flag, mapping, name, ppm, section, url, whole } from './fields.ts'
import { lifecycle, modelName, ownModels, type PricesSchema } from './model-schema.ts'
import { people } from './people.ts'

export type MartFileData = z.infer<ReturnType<typeof fileData>>

/** The file as it is written, with its references resolved. */
export const fileData = (references: References, prices: PricesSchema) =>
  section({
    defaults: defaults.prefault({}).describe('What a new key has when it is made without a word about it.'),
    providers: mapping(name, providerSchema(references))
      .default({})
      .describe(
        'Accounts at vendors, by a name of your own, for live keys. Test keys are served by the sandbox alone; where no deployment of one is enabled, the built-in one serves them every model.',
      ),
    models: ownModels(prices)
      .default({})
      .describe(
        'Models of your own beside those of the catalog, by id: `llama3.1:8b`, `deepseek/deepseek-chat`. What is said of models elsewhere in this file may be said of them.',
      ),
    deployments: z
      .array(deploymentData(references), 'a list')
      .default([])
      .describe('What is served: a model at a provider, in a region.'),
    regions: regions.describe('Region policies by name: where the requests of a key may go. They never go elsewhere.'),
    holds: holds.prefault({}).describe('How much output is allowed while credit is short.'),
    memory: memory
      .prefault({})
      .describe('Memory for the requests under way, their bodies and answers, and files for the largest.'),
    failover: failover.prefault({}).describe('Moving to the next deployment when one fails before its first byte.'),
    deadlines: deadlines.prefault({}).describe('How long an upstream may take.'),
    drain: drain.prefault({}).describe('Answers that are read on after their client left, for their real usage.'),
    idempotency: idempotency
      .prefault({})
      .describe('Requests that come with an `Idempotency-Key`: their answers are kept for a day, to be given again.'),
    priceBook: priceBook(prices).prefault({}).describe('What is charged, on top of or instead of the list prices.'),
    aliases: mapping(modelName, z.string('the id of a model').describe('Id of the model that is meant.'))
      .default({})
      .describe('Further names of your own for models, accepted in requests and shown in lists of models.'),
    lifecycle: mapping(z.string(), lifecycle)
      .default({})
      .describe('What differs from the catalog about the life of a model, by its id.'),
    metrics: metrics.prefault({}).describe('Prometheus metrics, on a port of their own.'),
    tracing: tracing(references).prefault({}).describe('OpenTelemetry traces.'),
    server: server.prefault({}).describe('How this server is reached.'),
    people: people(references).prefault({}).describe('People: how they sign in, and who may make an account.'),
    webhooks: webhooks.prefault({}).describe('What organizations are told, by webhooks.'),
    cors: cors.prefault({}).describe('Browsers: which web pages may call the two dialects.'),
    log: log.prefault({}).describe('The log on standard error.'),
  })

const limit = (what: string) => whole(1, 1_000_000_000).nullable().default(null).describe(`${what}; null: no limit.`)

const defaults = section({
  region: name.optional().describe('Region policy, one of `regions`; us unless said.'),
  rpm: limit('Requests per minute'),
  tpm: limit('Tokens per minute'),
  concurrency: limit('Requests at the same time'),
})

const deploymentData = (references: References) =>
  section({
    model: z
      .string('a model')
      .describe('The model: an id of the catalog or of `models`, or an alias. `*`, at a sandbox only: every model.'),
    provider: z.string('a name of `providers`').describe('The provider, a name of `providers`.'),
    region: z
      .string('a region that a policy serves')
      .describe('Where it processes data: a region that a policy serves.'),
    name: name
      .optional()
      .describe('Shown on receipts, in reports and logs. Unless said: provider and model, and region where needed.'),
    upstreamModel: textField(references)
      .pipe(z.string().min(1, 'text'))
      .nullable()
      .default(null)
      .describe(
        "The provider's own name for the model; null: the name that the client wrote, or the model's id where that was an alias.",
      ),
    weight: whole(1, 1000).default(1).describe('Share of the requests among deployments of the same priority.'),
    priority: whole(0, 100)
      .default(0)
      .describe('Lower ones are used first, higher ones only when no lower one can serve.'),
    rpm: limit('Ceiling of the account there, requests per minute'),
    tpm: limit('Ceiling of the account there, tokens per minute'),
    outputTokensMax: whole(1, 10_000_000)
      .nullable()
      .default(null)
      .describe(
        'The most output tokens of one answer there, where it is less than the model has; null: what the model has. No larger limit is sent there by the gateway itself.',
      ),
    enabled: flag(true).describe('Whether it serves.'),
    pricePpm: ppm(0, 100_000_000, 1_000_000).describe(
      'What is charged, in millionths of the price in the price book: 1100000 is 10 % more.',
    ),
    costPpm: ppm(0, 100_000_000, 1_000_000).describe(
      'What the provider asks, in millionths of the list price: 900000 is a discount of 10 %.',
    ),
    onAbort: z
      .enum(['drain', 'cut'], 'drain or cut')
      .nullable()
      .default(null)
      .describe(
        'An answer whose client left is read on for its real usage (`drain`) or cut off and counted (`cut`); null: as is best for the kind of provider.',
      ),
  })

/** Each is the first part of a path of ours, which `/<policy>/v1` would hide. */
const reservedPolicies = [
  'v1',
  'v1beta',
  'v1beta1',
  'v1alpha',
  'v1alpha1',
  'genai',
  'openai',
  'api',
  'docs',
  'playground',
  'upload',
  'healthz',
  'readyz',
  'metrics',
  'assets',
]
const policyName = name.refine(
  (text) => !reservedPolicies.includes(text),
  `any name but ${reservedPolicies.join(', ')}`,
)
const regions = mapping(
  policyName,
  section({
    serves: z
      .array(name, 'a list of regions')
      .min(1, 'at least one region')
      .describe('Regions whose deployments may serve its requests.'),
    mayChoose: z
      .array(name, 'a list of policies')
      .default([])
      .describe('Other policies that a client may choose for a request, by the path `/<policy>/v1`.'),
  }),
)
  .refine((policies) => Object.keys(policies).length > 0, 'at least one policy')
  .default({ us: { serves: ['us'], mayChoose: ['eu'] }, eu: { serves: ['eu'], mayChoose: [] } })

const holds = section({
  outputTokensUnstated: whole(16, 10_000_000)
    .default(16_384)
    .describe('Output tokens of each answer, at most, for a request that states no limit while credit is short.'),
  plentyTimes: whole(0, 1_000_000)
    .default(20)
    .transform((times) => BigInt(times))
    .describe('Credit is short for such a request below this many times the most that it can cost; 0: never.'),
  exposedUsdMax: whole(0, 1_000_000)
    .default(10)
    .transform((usd) => BigInt(usd))
    .describe(
      'USD that media and tools of one organization, in all its requests under way, may count beyond what is held and what its credit covers: the most that can be lost by them.',
    ),
})

const bytes = whole(1024 * 1024, 1024 ** 4)
const memory = section({
  bytesMax: bytes
    .default(192 * 1024 * 1024)
    .describe('Bytes of large bodies at once, in all; what is beyond is answered 503, unread.'),
  organizationBytesMax: bytes
    .default(128 * 1024 * 1024)
    .describe('The same for one organization; what is beyond is answered 429.'),
  answersBytesMax: bytes
    .default(128 * 1024 * 1024)
    .describe('Bytes of answers that are read whole, in all; what is beyond waits at its upstream.'),
  organizationAnswersBytesMax: bytes
    .optional()
    .describe('The same for one organization, so that others do not wait for its answers; half unless said.'),
  answerQuietMsMax: whole(1_000, 600_000)
    .default(15_000)
    .describe(
      'How long a client may take nothing of an answer over 1 MiB while another answer waits for its memory, ms; then it is cut off.',
    ),
  spoolBytesMax: bytes
    .default(8 * 1024 ** 3)
    .describe(
      'Bytes of forms larger than 4 MiB, in all, in files of the folder `spool` of the data folder; counted as they come; what is beyond is answered 503, unread where it is stated and has no room now. A tenth of the disk stays free, 2 GiB at most.',
    ),
  organizationSpoolBytesMax: bytes
    .default(4 * 1024 ** 3)
    .describe('The same for one organization; what is beyond is answered 429.'),
})

const failover = section({
  attemptsMax: whole(1, 10).default(3).describe('Deployments that are tried for one request, at most.'),
  jitterMs: whole(0, 5000).default(50).describe('The longest random wait between two attempts, ms.'),
})

const firstByteMs = whole(100, 3_600_000)
const idleMs = whole(100, 3_600_000)
const totalMs = whole(100, 7_200_000)
const deadlinesOfKind = (kind: string) =>
  section({
    firstByteMs: firstByteMs.optional().describe('ms until the answer begins.'),
    idleMs: idleMs.optional().describe('ms between two pieces of an answer.'),
    totalMs: totalMs.optional().describe('ms for a request in all.'),
  })
    .prefault({})
    .describe(`Deadlines of ${kind} models; what is not said here is as for all.`)
const deadlines = section({
  connectMs: whole(50, 60_000).default(5_000).describe('ms until there is a connection.'),
  firstByteMs: firstByteMs.default(600_000).describe('ms until the answer begins; long reasoning takes minutes.'),
  idleMs: idleMs.default(300_000).describe('ms between two pieces of an answer.'),
  totalMs: totalMs.default(1_800_000).describe('ms for a request with all its attempts.'),
  heartbeatMs: whole(100, 600_000)
    .default(15_000)
    .describe('ms of silence after which a stream gets a heartbeat, so that nothing on the way takes it for dead.'),
  byKind: section({
    text: deadlinesOfKind('text'),
    image: deadlinesOfKind('image'),
    video: deadlinesOfKind('video'),
    embeddings: deadlinesOfKind('embeddings'),
  })
    .prefault({})
    .describe('Deadlines that differ by the kind of model.'),
})

const drain = section({
  concurrentMax: whole(0, 100_000).default(256).describe('Answers that are read on at the same time, at most.'),
  msMax: whole(0, 600_000).default(60_000).describe('ms for each, from when its client left.'),
})

const idempotency = section({
  answers: z
    .enum(['kept', 'none'], 'kept or none')
    .default('kept')
    .describe(
      'Whether these answers are kept, in files under `DATA_DIR/answers`. `none`: nothing of an answer is ever on a disk, what was kept is removed within ten minutes, and a repeat is refused with the receipt.',
    ),
  answerBytesMax: bytes.default(32 * 1024 * 1024).describe('Bytes of one answer; a longer one is not kept.'),
  organizationBytesMax: bytes
    .default(256 * 1024 * 1024)
    .describe('Bytes of all answers that are kept for one organization; then its oldest go.'),
  bytesMax: bytes
    .default(1024 * 1024 * 1024)
    .describe('Bytes of all that are kept; then the oldest of the organization with the most go.'),
  waitMsMax: whole(0, 7_200_000)
    .default(1_800_000)
    .describe('ms that a repeat waits for the first request, while that is under way; then it is asked to come again.'),
})

const markupAllowed = [-1_000_000, 100_000_000] as const
const priceBook = (prices: PricesSchema) =>
  section({
    markupPpm: ppm(...markupAllowed, 0).describe(
      'Added to every list price, in millionths of it: 200000 is 20 % more, -100000 is 10 % less.',
    ),
    models: mapping(
      z.string(),
      section({
        markupPpm: whole(...markupAllowed)
          .transform((millionths) => BigInt(millionths))
          .optional()
          .describe('Markup of this model instead of the one for all, in millionths.'),
        prices: prices.optional().describe('Dated prices of this model instead of its list prices.'),
      }),
    )
      .default({})
      .describe('What differs for a model, by its id.'),
  })

const metrics = section({
  port: whole(1, 65_535).nullable().default(null).describe('The port; null: no metrics.'),
  host: z
    .string()
    .regex(/^[\w.:%-]+$/, 'a host name or an IP address')
    .default('127.0.0.1')
    .describe('The address to listen at.'),
})

const tracing = (references: References) =>
  section({
    endpoint: textField(references)
      .pipe(url)
      .nullable()
      .default(null)
      .describe('URL of an OTLP/HTTP collector; null: no traces. May contain `${NAME}`.'),
    headers: mapping(
      z.string().regex(/^[A-Za-z0-9-]+$/, 'the name of a header'),
      secretField(references).describe('The value: `${NAME}` or `{file: PATH}`.'),
    )
      .default({})
      .describe('Headers for the collector, such as its credential.'),
    sampleRatio: z
      .number('a number from 0 to 1')
      .min(0, 'a number from 0 to 1')
      .max(1, 'a number from 0 to 1')
      .default(1)
      .describe('The part of requests that is traced, from 0 to 1.'),
  })

const log = section({
  requests: flag(true).describe('One event for each request.'),
  addresses: flag(true).describe(
    'Whether the log names the IP addresses of clients, which are personal data: false keeps them out of it. Besides, a session of the pages keeps the address that it was begun from, until it ends.',
  ),
  format: z
    .enum(['auto', 'json', 'text'], 'auto, json or text')
    .default('auto')
    .describe('`json`: one object a line. `text`: for people. `auto`: text on a terminal, JSON elsewhere.'),
})
