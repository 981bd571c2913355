/**
 * The JSON of the admin API: what `mart` and, later, the console are written against. Amounts are
 * decimal strings (`…Nano` in nano-USD, `…Usd` in USD), times are ISO 8601 in UTC, null is no limit.
 */
import type { Receipt } from '../reporting/receipt.ts'
import type { UsageReport } from '../reporting/usage-report.ts'
import type { BudgetPeriod, Check, Mode } from '../store/store.ts'

export type { Receipt, UsageReport }

/** What is meant where neither is said: live once a real provider is configured, else test. */
export type UsualModeJson = { readonly mode: Mode }

export type OrganizationJson = {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  /** `suspended`: its keys are turned away with 403. */
  readonly state: 'active' | 'suspended'
  readonly suspendedAt: string | null
  /** For operators; its keys' holders are not told. */
  readonly suspendedWhy: string | null
}
export type OrganizationDetails = OrganizationJson & {
  readonly keys: number
  readonly activeKeys: number
  /** Of test credit and of live credit: two sums that nothing adds up. */
  readonly balances: readonly BalanceJson[]
}

/**
 * `balanceNano` = `heldNano` + `reservedNano` + `availableNano`. Held is what requests under way may cost at most,
 * reserved what jobs may that they left behind: videos, background responses.
 */
export type BalanceJson = {
  readonly mode: Mode
  readonly balanceNano: string
  readonly heldNano: string
  readonly reservedNano: string
  readonly availableNano: string
  readonly availableUsd: string
}

export type KeyJson = {
  readonly id: string
  readonly organizationId: string
  readonly mode: Mode
  readonly name: string
  readonly prefix: string
  readonly state: 'active' | 'revoked' | 'expired'
  readonly region: string
  readonly rpm: number | null
  readonly tpm: number | null
  readonly concurrency: number | null
  readonly budgetNano: string | null
  readonly budgetUsd: string | null
  readonly budgetPeriod: BudgetPeriod | null
  readonly models: readonly string[] | null
  /** The only endpoints that it may ask, such as `chat.completions`; null: every one. */
  readonly endpoints: readonly string[] | null
  /** The only IP addresses and networks (CIDR) that it may be used from; null: from everywhere. */
  readonly addresses: readonly string[] | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  /** Until when an earlier secret works as well: the latest end of `earlierSecrets`. */
  readonly previousUntil: string | null
  /** Secrets that rotations replaced and that still work, by their ends; `prefix` is null where it was not kept. */
  readonly earlierSecrets: readonly { readonly prefix: string | null; readonly until: string }[]
  readonly createdAt: string
}
/** A key in a list: what of its budget is gone in this period, and when it was last used, to the minute. Null without a budget, a next period, or a use. */
export type ListedKeyJson = KeyJson & {
  readonly budgetSpentNano: string | null
  readonly budgetSpentUsd: string | null
  /** What requests under way may cost at most. */
  readonly budgetHeldNano: string | null
  readonly budgetHeldUsd: string | null
  /** When the next period begins. */
  readonly budgetResetsAt: string | null
  readonly lastUsedAt: string | null
  readonly gauges: KeyGaugesJson
}
/** What of a key's limits is used at this moment, on this node. A limit that the key does not have is null. */
export type KeyGaugesJson = {
  readonly requests: GaugeJson | null
  readonly tokens: GaugeJson | null
  /** Requests under way; `concurrency` of the key is how many there may be. */
  readonly inFlight: number
}
/** `resetMs`: until all of it is there again. */
export type GaugeJson = { readonly used: number; readonly allowed: number; readonly resetMs: number }
/** What the terms of a key may say here, and what a new one has of which nothing is said. */
export type KeyOptionsJson = {
  readonly regions: readonly string[]
  readonly endpoints: readonly string[]
  readonly models: readonly { readonly id: string; readonly kind: string; readonly dialect: string }[]
  readonly defaults: {
    readonly region: string
    readonly rpm: number | null
    readonly tpm: number | null
    readonly concurrency: number | null
  }
}
/** `key` is the secret: it is in this one answer and nowhere else. */
export type KeyWithSecret = KeyJson & { readonly key: string }

/** What a token may do: `admin` everything, `read` every look, `keys` and `credit` the changes to these. */
export type TokenJson = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly scopes: readonly string[]
  readonly state: 'active' | 'revoked'
  readonly createdAt: string
  /** To the minute; null: never. */
  readonly lastUsedAt: string | null
  readonly revokedAt: string | null
}
/** `token` is the secret: it is in this one answer and nowhere else. */
export type TokenWithSecret = TokenJson & { readonly token: string }

/** Credit that was given or taken back. */
type CreditJson = {
  readonly organizationId: string
  readonly mode: Mode
  readonly amountNano: string
  readonly amountUsd: string
  readonly note: string | null
  readonly idempotencyKey: string
  readonly createdAt: string
}
export type GrantJson = CreditJson & { readonly id: number }
/** `reversals` come to the amount; `reverses` is the transfer that each undoes, wholly or in part. */
export type RevocationJson = CreditJson & {
  readonly reversals: readonly { readonly id: number; readonly reverses: number; readonly amountNano: string }[]
}

/** `words`: `its credential was refused (401) 12 s ago`. `fault`: one of a few words that never change. */
export type LastFaultJson = {
  readonly fault: string
  readonly status: number | null
  readonly at: string
  readonly words: string
}

/** A deployment as this node sees it. */
export type DeploymentJson = {
  readonly id: string
  readonly provider: string
  readonly kind: string
  /** null: every model of its dialects. */
  readonly model: string | null
  readonly upstreamModel: string | null
  readonly region: string
  readonly priority: number
  readonly weight: number
  /** `resting`: it said that it has enough for now, or needs an operator. `open`: it failed, and is left alone for a while. */
  readonly state: 'healthy' | 'resting' | 'open' | 'half-open' | 'drained'
  /** Why it rests, is open or is tried again: what went wrong last; null when nothing keeps calls away. */
  readonly lastFault: LastFaultJson | null
  /** ms until calls go there again; 0 when they do. */
  readonly restMs: number
  readonly inFlight: number
  /** Average time to the first byte, ms; null before the first answer. */
  readonly firstByteMs: number | null
  /** Of calls that ended in the last hour, on this node and since it was started. */
  readonly lastHour: HourJson
}
export type HourJson = {
  readonly calls: number
  readonly failures: number
  /** How many failed by what went wrong: the words of `LastFaultJson.fault`. What did not is left out. */
  readonly faults: Readonly<Record<string, number>>
  /** Time to the first byte, ms, off by 5 % at the most; null where nothing was answered. */
  readonly firstByteMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null
}

/** What came of a tiny real call to a deployment. */
export type DeploymentTestJson = {
  readonly ok: boolean
  /** What was asked, of which model. */
  readonly endpoint: string
  readonly model: string
  /** null where no answer came. */
  readonly status: number | null
  readonly ms: number
  /** What is wrong, in one of a few words that never change; null where nothing is. */
  readonly fault: string | null
  /** `Its credential was refused (401).` */
  readonly words: string
}

/**
 * `needRestart`: settings that the file has changed since the server was started and that wait for another start, such
 * as `metrics.port`. `reason`: the one line that says what is wrong with the file; then nothing changed.
 */
export type ReloadJson =
  | { readonly ok: true; readonly changed: boolean; readonly needRestart: readonly string[] }
  | { readonly ok: false; readonly reason: string }

/** The configuration as it is in force. */
export type ConfigurationJson = {
  /** Where `mart.yaml` is; null: there is none, and these are the defaults. */
  readonly file: string | null
  /** Variables that a server reads, all of them at its start. `value` null: not set, or a secret. */
  readonly environment: readonly {
    readonly name: string
    readonly value: string | null
    readonly source: 'environment' | 'default'
    readonly isSecret: boolean
  }[]
  /** Of a secret, `value` is what stands in the file: a reference. `environment`: what is written refers to a variable. */
  readonly settings: readonly {
    readonly path: string
    readonly value: unknown
    readonly source: 'file' | 'environment' | 'default'
    readonly isSecret: boolean
    readonly needsRestart: boolean
  }[]
  /** Settings that the file has changed since the start, and that wait for another. */
  readonly needRestart: readonly string[]
}

/** How many losses were new to an operator. */
export type AcceptedLossesJson = { readonly accepted: number }
/** What came of proving the ledger; `at`: when that began, and it took `ms`. */
export type VerificationJson = {
  readonly ok: boolean
  readonly at: string
  readonly ms: number
  readonly checks: readonly Check[]
}
/** `last`: once a day and whenever somebody asks; null: never yet. */
export type LedgerVerificationJson = { readonly last: VerificationJson | null; readonly isRunning: boolean }

/** Who changed something. `token`: an operator token, whose `id` is null where it is the one in the data folder. */
export type ActorJson = {
  readonly kind: 'person' | 'token' | 'server'
  readonly id: string | null
  readonly name: string
}
/** A change: where both are given, `before` and `after` hold what differs. */
export type AuditEntryJson = {
  readonly id: number
  readonly at: string
  readonly actor: ActorJson
  readonly action: string
  readonly organizationId: string | null
  readonly subject: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}
/** The newest first. `next`: what `before` is for the entries behind these; null where there are none. */
export type AuditListJson = { readonly data: readonly AuditEntryJson[]; readonly next: number | null }

export type ListJson<Item> = { readonly data: readonly Item[] }
/** `hasMore`: there are others behind the last. */
export type PageJson<Item> = ListJson<Item> & { readonly hasMore: boolean }

/** A call that left a job behind: a video, a background response. What its provider told last is null where it is not known. */
export type JobJson = {
  readonly requestId: string
  readonly keyId: string
  readonly mode: Mode
  readonly kind: string
  /** What the job makes, by the id that its client was given. */
  readonly resourceId: string
  readonly model: string
  readonly endpoint: string
  readonly region: string
  readonly createdAt: string
  readonly state: 'open' | 'settled' | 'void'
  /** How it ended; null while it is open. */
  readonly ending: string | null
  /** What is set aside for it now, and what was when it was created. */
  readonly reservedNano: string
  readonly heldNano: string
  readonly chargeNano: string | null
  readonly endedAt: string | null
  /** How often its provider was asked, and when it is asked next. */
  readonly checks: number
  readonly nextCheckAt: string | null
  /** When it is given up. */
  readonly expiresAt: string
  /** Whether what it makes is still known. */
  readonly isThere: boolean
  readonly status: string | null
  /** 0 to 100. */
  readonly progress: number | null
  readonly size: string | null
  readonly seconds: string | null
}

export type FileJson = {
  readonly id: string
  readonly keyId: string
  readonly mode: Mode
  readonly region: string
  readonly purpose: string | null
  readonly filename: string | null
  readonly bytes: number | null
  readonly createdAt: string
  readonly expiresAt: string | null
}

/** A pass: one more secret of a key, until a time. It is in this one answer and nowhere else. */
export type PassJson = { readonly secret: string; readonly until: string }

/** Works once, until then. */
export type LinkJson = { readonly url: string; readonly expiresAt: string }
export type PersonJson = {
  readonly id: string
  readonly name: string
  readonly email: string
  /** Whether it is known that the address is theirs. */
  readonly isVerified: boolean
  readonly hasSecondFactor: boolean
  readonly isOperator: boolean
  readonly createdAt: string
}
export type MemberJson = {
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly role: 'owner' | 'admin' | 'developer' | 'billing' | 'viewer'
  readonly hasSecondFactor: boolean
  readonly since: string
}

export type ErrorCode =
  | 'unauthorized'
  | 'too_many_wrong_tokens'
  | 'scope_missing'
  | 'invalid_request'
  | 'body_too_large'
  | 'not_found'
  | 'organization_not_found'
  | 'key_not_found'
  | 'request_not_found'
  | 'token_not_found'
  | 'too_many_tokens'
  | 'deployment_not_found'
  | 'too_many_tests'
  | 'service_request_not_found'
  | 'service_request_not_open'
  | 'too_many_open'
  | 'webhook_not_found'
  | 'delivery_not_found'
  | 'too_many_webhooks'
  | 'key_revoked'
  | 'too_many_secrets'
  | 'too_many_passes'
  | 'idempotency_conflict'
  | 'not_enough_unspent'
  | 'too_many_streams'
  | 'too_many_at_once'
  | 'too_many_changes'
  | 'too_many_mails'
  | 'too_many_keys'
  | 'too_many_passkeys'
  | 'not_signed_in'
  | 'permission_missing'
  | 'cross_site'
  | 'json_expected'
  | PeopleErrorCode
  | 'unavailable'
type PeopleErrorCode =
  | 'sign_in_again'
  | 'session_not_fresh'
  | 'second_factor_required'
  | 'second_factor_missing'
  | 'wrong_credentials'
  | 'wrong_password'
  | 'wrong_code'
  | 'passkey_refused'
  | 'too_many_attempts'
  | 'link_not_valid'
  | 'other_person'
  | 'sign_in_first'
  | 'sign_up_closed'
  | 'email_taken'
  | 'mail_missing'
  | 'last_way_in'
  | 'person_not_found'
  | 'last_owner'
  | 'last_operator'
  | 'already_member'
  | 'not_a_member'
  | 'too_many_members'
  | 'too_many_organizations'
  | 'mail_failed'
/** `field` names what is wrong in an `invalid_request`. */
export type ErrorJson = {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly field?: string }
}

/** What a running server leaves in its data folder for `mart`. */
export type OperatorFile = { readonly url: string; readonly token: string }
