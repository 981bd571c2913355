import type { Actor } from './audit.ts'

/** A credential of the admin API that lasts. Times in epoch ms; `scopes` are the control plane's words. */
export type OperatorToken = {
  readonly id: string
  readonly name: string
  /** The first characters of the secret, for people to recognise it by. */
  readonly prefix: string
  /** SHA-256 of the secret, lower-case hex. The secret itself is stored nowhere. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  /** As noted, which is once a minute at most; null: never. */
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}
export type OperatorTokenChanges = Partial<Pick<OperatorToken, 'lastUsedAt' | 'revokedAt'>>

/** Credentials of operators. Without an `actor`, a change is the server's own; each is in the audit log. */
export interface OperatorStore {
  createOperatorToken(token: OperatorToken, actor?: Actor): Promise<void>
  /** Throws `token-not-found`. A token that is revoked stays so. That it was used is no change. Returns it as it now is. */
  updateOperatorToken(id: string, changes: OperatorTokenChanges, actor?: Actor): Promise<OperatorToken>
  /** All, oldest first. */
  operatorTokens(): Promise<OperatorToken[]>
}
