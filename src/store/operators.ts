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

/** Credentials of operators. */
export interface OperatorStore {
  createOperatorToken(token: OperatorToken): Promise<void>
  /** Throws `token-not-found`. A token that is revoked stays so. Returns it as it now is. */
  updateOperatorToken(id: string, changes: OperatorTokenChanges): Promise<OperatorToken>
  /** All, oldest first. */
  operatorTokens(): Promise<OperatorToken[]>
}
