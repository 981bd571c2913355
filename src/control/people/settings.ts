/** What `mart.yaml` says of people, as plain values that pass between threads. */

export type OidcSettings = {
  /** What people know the provider by. */
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}
export type SmtpSettings = {
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte; `starttls`: asked for, and insisted on; `none`: for this machine and tests. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly login: { readonly user: string; readonly password: string } | null
  readonly from: string
}
export type PeopleSettings = {
  /** Whether people who were not invited may make an account, and organizations. */
  readonly signUp: 'open' | 'closed'
  /** What a new organization of theirs is given, in whole USD. */
  readonly grant: { readonly testUsd: number; readonly liveUsd: number }
  /** Of whom a second factor is asked, whatever their organizations ask: nobody, operators, or everybody. */
  readonly secondFactor: 'optional' | 'operators' | 'everybody'
  readonly oidc: OidcSettings | null
  readonly smtp: SmtpSettings | null
}

export const defaultPeopleSettings: PeopleSettings = {
  signUp: 'closed',
  grant: { testUsd: 100, liveUsd: 0 },
  secondFactor: 'optional',
  oidc: null,
  smtp: null,
}
