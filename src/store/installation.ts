/** What a store of before there was test and live must be told, to know what was simulated. */
export type Installation = {
  /** Ids of deployments that are simulated, and of those that were without a configuration. */
  readonly simulatedDeployments: readonly string[]
  /** Names of the providers that are real. */
  readonly realProviders: readonly string[]
}
