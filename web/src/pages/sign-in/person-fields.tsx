import { PasswordInput, TextInput } from '@mantine/core'

type FieldProps = {
  readonly value: string
  readonly onChange: (value: string) => void
}

export const EmailField = ({ value, onChange, isFirst = false }: FieldProps & { readonly isFirst?: boolean }) => (
  <TextInput
    label="E-mail address"
    type="email"
    autoComplete="username webauthn"
    required
    withAsterisk={false}
    size="md"
    // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form, and nothing else
    autoFocus={isFirst}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

export const NameField = ({ value, onChange }: FieldProps) => (
  <TextInput
    label="Your name"
    description="As the others of your organization see it."
    autoComplete="name"
    required
    withAsterisk={false}
    maxLength={100}
    size="md"
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

export const PasswordField = ({ value, onChange, label = 'Password' }: FieldProps & { readonly label?: string }) => (
  <PasswordInput
    label={label}
    autoComplete="current-password"
    required
    withAsterisk={false}
    size="md"
    value={value}
    visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

/** As the server asks: a long one is better than an odd one. */
export const NewPasswordField = ({ value, onChange, label = 'Password' }: FieldProps & { readonly label?: string }) => (
  <PasswordInput
    label={label}
    description="At least 12 characters. Several words are easy to remember and hard to guess."
    autoComplete="new-password"
    required
    withAsterisk={false}
    minLength={12}
    maxLength={256}
    size="md"
    value={value}
    visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)
