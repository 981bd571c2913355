/** What happens on an empty data folder: one organization with test credit and one test key, and the words that go with them. */
import { newKey } from '../keys/virtual-key.ts'
import type { KeyRow, Store } from '../store/store.ts'
import type { KeyDefaults } from './key-input.ts'
import { snippets, type Snippet } from './snippets.ts'

/** Not random, so that a start that died half-way can be told from an operator's own organization, and goes on. */
export const sandboxOrganizationId = 'org_sandbox'
const sandboxCreditNano = 100_000_000_000n

type SeedDeps = {
  readonly store: Pick<Store, 'createKey' | 'createOrganization' | 'grantCredit' | 'keys' | 'organizations'>
  readonly keyDefaults: KeyDefaults
  /** Epoch ms. */
  readonly now: number
}

/** `key` is the secret of `row`. */
export type Seeded = { readonly organizationId: string; readonly key: string; readonly row: KeyRow }

/**
 * Fills an empty store. Returns the new key's secret, which is kept nowhere; null when the store had been
 * filled before. Each step is done only once, and the key, which cannot be shown twice, is made last.
 */
export async function seedFirstRun({ store, keyDefaults, now }: SeedDeps): Promise<Seeded | null> {
  const [organizations, keys] = await Promise.all([store.organizations(), store.keys()])
  const isUnfinished = organizations.every(({ id }) => id === sandboxOrganizationId) && keys.length === 0
  if (!isUnfinished) return null
  const organizationId = sandboxOrganizationId
  if (organizations.length === 0)
    await store.createOrganization({ id: organizationId, name: 'Sandbox', createdAt: now })
  await store.grantCredit({
    organizationId,
    mode: 'test',
    amountNano: sandboxCreditNano,
    note: 'Sandbox credit',
    idempotencyKey: 'first-run',
  })
  const unlimited = { budgetNano: null, budgetPeriod: null, models: null, expiresAt: null }
  const { row, secret } = newKey(
    { organizationId, mode: 'test' },
    { name: 'first key', ...unlimited, ...keyDefaults },
    now,
  )
  await store.createKey(row)
  return { organizationId, key: secret, row }
}

type FirstRun = { readonly url: string; readonly key: string; readonly organizationId: string }

/** What the first start prints. Snippets begin in the first column, as Python wants them pasted. */
export function firstRunText({ url, key, organizationId }: FirstRun): string {
  const { curl, python } = snippets(url, key)
  return [
    '',
    `AICreditMart is running at ${url}`,
    simulatedText,
    '',
    `Your key, shown only this once:  ${key}`,
    'It belongs to the organization “Sandbox”, which has $100.00 of sandbox credit.',
    '',
    ...section('curl', curl.openai),
    ...section('OpenAI SDK in Python', python.openai),
    ...section('Google GenAI SDK in Python', python.genai),
    `TypeScript, models and prices: ${url}`,
    `What it cost: npx mart usage --org ${organizationId}`,
    '',
  ].join('\n')
}

const section = (title: string, { install, code }: Snippet): string[] => [
  `── ${title}${install === null ? '' : ` (${install})`}`,
  code.replace('\n\n', '\n'),
  '',
]

/** What every later start prints. */
export const startText = ({ url, simulated }: { readonly url: string; readonly simulated: boolean }): string =>
  [
    '',
    `AICreditMart is running at ${url}`,
    ...(simulated ? [simulatedText] : []),
    'Another key:  npx mart key create --org ID    (npx mart org list shows the ids)',
    '',
  ].join('\n')

const simulatedText = 'Sandbox: every answer is simulated, no provider is called, no real money moves.'
