/**
 * References in configuration: `${NAME}` stands for an environment variable, `{file: PATH}` for a file's
 * content. Secrets are given by reference only, so that a configuration file can be shown and committed.
 */
import { z } from 'zod'
import { Secret } from './secret.ts'

/** Where references lead. Both answer null for what is not there. */
export type References = {
  readonly env: (name: string) => string | null
  /** A relative path is relative to the configuration file. */
  readonly file: (path: string) => string | null
}

const whole = /^\$\{([A-Za-z_]\w*)\}$/
const within = /\$\{([A-Za-z_]\w*)\}/g

const secretAllowed =
  'a reference to a secret: ${NAME} for an environment variable, or {file: PATH}; never the secret itself'
const SecretReference = z.union([z.string().regex(whole), z.strictObject({ file: z.string().min(1) })])
const secretJsonSchema = {
  title: '`${NAME}` or `{file: PATH}`',
  anyOf: [
    { type: 'string', pattern: whole.source },
    {
      type: 'object',
      properties: {
        file: {
          type: 'string',
          minLength: 1,
          description: 'Path of a file that holds the secret; relative to this file.',
        },
      },
      required: ['file'],
      additionalProperties: false,
    },
  ],
}

/** A field that holds a secret, as `${NAME}` or `{file: PATH}`; never written out. */
export const secretField = (references: References) =>
  // Whatever else stands there may be the secret itself, so no check of zod's own may quote it.
  z
    .unknown()
    .meta(secretJsonSchema)
    .transform((given, context) => {
      const { data: reference } = SecretReference.safeParse(given)
      if (reference === undefined) {
        context.addIssue({ code: 'custom', message: secretAllowed, params: { isSecret: true } })
        return z.NEVER
      }
      const name = typeof reference === 'string' ? whole.exec(reference)![1]! : null
      const found = typeof reference === 'string' ? references.env(name!) : references.file(reference.file)
      const value = found?.trim() ?? ''
      if (value !== '') return new Secret(value)
      context.addIssue(
        name === null
          ? 'a file that can be read and is not empty, at a path relative to this file'
          : `\${${name}} to be set in the environment`,
      )
      return z.NEVER
    })

/** Whether what stands at an issue's path may be a secret, so that no message shows it. */
export const isAboutSecret = (issue: z.core.$ZodIssue): boolean =>
  issue.code === 'custom' && issue.params?.['isSecret'] === true

/** A text field that may contain `${NAME}`. `allowed`: what it says to whoever leaves it out. */
export const textField = (references: References, allowed = 'text') =>
  z.string(allowed).transform((text, context) => {
    const missing = [...text.matchAll(within)].find(([, name]) => !references.env(name!))
    if (missing) {
      context.addIssue(`${missing[0]} to be set in the environment`)
      return z.NEVER
    }
    return text.replaceAll(within, (_, name: string) => references.env(name)!)
  })
