/** The section of `mart.yaml` on people: who may make an account, and by which other systems they sign in and are written to. */
import { z } from 'zod'
import { secretField, textField, type References } from '../lib/references.ts'
import { section, url, whole } from './fields.ts'

const hostAllowed = 'a host name or an IP address'
const fromAllowed = 'an e-mail address, or a name and one: Mart <mart@example.com>'

const grant = section({
  testUsd: whole(0, 1_000_000).default(100).describe('Test credit, in whole USD.'),
  liveUsd: whole(0, 1_000_000)
    .default(0)
    .describe('Live credit, in whole USD. Whoever can make an account is given it.'),
})

const oidc = (references: References) =>
  section({
    name: z
      .string('a name')
      .min(1, 'a name')
      .max(60, 'at most 60 characters')
      .default('single sign-on')
      .describe('What people know the provider by: “Sign in with …”.'),
    issuer: textField(references)
      .pipe(url)
      .describe('Its issuer; `/.well-known/openid-configuration` is read there. May contain `${NAME}`.'),
    clientId: textField(references).pipe(z.string().min(1, 'text')).describe('The id that it knows this server by.'),
    clientSecret: secretField(references).describe('The secret that goes with it: `${NAME}` or `{file: PATH}`.'),
  })

const smtp = (references: References) =>
  section({
    host: z
      .string(hostAllowed)
      .regex(/^[\w.:-]+$/, hostAllowed)
      .describe('The server that takes mail.'),
    port: whole(1, 65_535).default(587).describe('Its port.'),
    security: z
      .enum(['starttls', 'tls', 'none'], 'starttls, tls or none')
      .default('starttls')
      .describe(
        '`tls` from the first byte (port 465), `starttls` before anything is said, or `none`, for this machine.',
      ),
    user: z.string('text').nullable().default(null).describe('Whom to sign in as; null: nobody.'),
    password: secretField(references)
      .nullable()
      .default(null)
      .describe('The password of `user`: `${NAME}` or `{file: PATH}`.'),
    from: z
      .string(fromAllowed)
      .regex(/^(?:[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, fromAllowed)
      .describe('Whom mail is from.'),
  }).refine(({ user, password }) => (user === null) === (password === null), {
    path: ['password'],
    message: 'given together with `user`, or neither',
  })

export const people = (references: References) =>
  section({
    signUp: z
      .enum(['closed', 'open'], 'closed or open')
      .default('closed')
      .describe(
        'Who may make an account: whoever is invited (`closed`), or anybody whose address `smtp` or `oidc` vouches for (`open`), who may make organizations as well.',
      ),
    grant: grant.prefault({}).describe('What each who signs up is given once, for their first organization.'),
    secondFactor: z
      .enum(['optional', 'operators', 'everybody'], 'optional, operators or everybody')
      .default('optional')
      .describe(
        'Who needs a second factor, or a passkey: whoever wants one (`optional`), operators for the console (`operators`), or everybody for every organization as well (`everybody`). An organization can ask its own members for it by itself. API keys and operator tokens are not concerned.',
      ),
    oidc: oidc(references)
      .nullable()
      .default(null)
      .describe(
        'An OpenID Connect provider by which people may sign in; null: none. It sends them back to `/api/auth/callback/oidc`.',
      ),
    smtp: smtp(references)
      .nullable()
      .default(null)
      .describe(
        'Where mail goes: invitations and new passwords; null: links are shown to whoever makes them. Needs `PUBLIC_URL`, where the links lead.',
      ),
  }).refine(({ signUp, oidc, smtp }) => signUp === 'closed' || oidc !== null || smtp !== null, {
    path: ['signUp'],
    message: 'closed, unless there is `smtp` or `oidc`, because nobody else can tell whose an address is',
  })
