/** The pages of the reference, in the order in which they are listed. Their text is in `docs/reference`, one file each. */
import apiReference from '../../docs/reference/api-reference.md' with { type: 'text' }
import account from '../../docs/reference/account.md' with { type: 'text' }
import billing from '../../docs/reference/billing.md' with { type: 'text' }
import errors from '../../docs/reference/errors.md' with { type: 'text' }
import files from '../../docs/reference/files.md' with { type: 'text' }
import models from '../../docs/reference/models.md' with { type: 'text' }
import outputLimits from '../../docs/reference/output-limits.md' with { type: 'text' }
import rateLimits from '../../docs/reference/rate-limits.md' with { type: 'text' }
import receipts from '../../docs/reference/receipts.md' with { type: 'text' }
import regions from '../../docs/reference/regions.md' with { type: 'text' }
import responses from '../../docs/reference/responses.md' with { type: 'text' }
import secondFactorRequired from '../../docs/reference/second-factor-required.md' with { type: 'text' }
import testMode from '../../docs/reference/test-mode.md' with { type: 'text' }
import videos from '../../docs/reference/videos.md' with { type: 'text' }
import webhooks from '../../docs/reference/webhooks.md' with { type: 'text' }
import type { FailureCode } from '../gateway/errors.ts'
import { errorHelp } from './error-help.ts'

export type Page = {
  /** Behind `/docs/`; empty for the first page. */
  readonly path: string
  /** As the list of pages has it. */
  readonly title: string
  /** One line on what it is for. */
  readonly about: string
  /** Markdown, with live facts as `{{…}}`. */
  readonly template: string
  /** Whether it stands in the list of pages. */
  readonly isListed: boolean
}

const listed: readonly Page[] = [
  page(
    '',
    'API reference',
    'Quickstart, authentication, base URLs, and an example for every kind of model',
    apiReference,
  ),
  page('models', 'Models and prices', 'What is served, what it costs, how much it takes', models),
  page('errors', 'Errors', 'What every error means, and what to do', errors),
  page('billing', 'How you are billed', 'Holds, charges, and what an answer that broke off costs', billing),
  page('output-limits', 'Output limits and credit', 'When an answer is cut short', outputLimits),
  page('rate-limits', 'Rate limits', 'Limits of a key, and of a request', rateLimits),
  page('responses', 'Responses', 'What it costs, how it ends, and models without responses of their own', responses),
  page('videos', 'Videos', 'Jobs that make videos: reserved, then charged when they are completed', videos),
  page('files', 'Files', 'Sent once, named by id; they cost nothing', files),
  page('receipts', 'Receipts and retries', 'What a request cost, line by line; Idempotency-Key', receipts),
  page('account', 'Credit and usage', 'What you have, what you used, for your own scripts', account),
  page('webhooks', 'Webhooks', 'Being told of low credit, keys and jobs; how to verify a delivery', webhooks),
  page('regions', 'Regions', 'Where requests are served, and where they never are', regions),
  page('test-mode', 'Test mode', 'Simulated answers, real metering', testMode),
]

/** Every page: those of the list, and one for each error. */
export const pages: readonly Page[] = [
  ...listed,
  ...(Object.keys(errorHelp) as FailureCode[]).map(errorPage),
  {
    path: 'errors/second_factor_required',
    title: 'second_factor_required',
    about: 'The organization, or this server, asks for a second factor.',
    template: secondFactorRequired,
    isListed: false,
  },
]

function page(path: string, title: string, about: string, template: string): Page {
  return { path, title, about, template, isListed: true }
}

function errorPage(code: FailureCode): Page {
  const { means, remedy } = errorHelp[code]
  const template = `# ${code}\n\n${means}\n\n{{error ${code}}}\n\n## What to do\n\n${remedy}\n\n[All errors](errors.md)\n`
  return { path: `errors/${code}`, title: code, about: means, template, isListed: false }
}
