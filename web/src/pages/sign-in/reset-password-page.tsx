import { useState } from 'react'
import { ask } from '../../api/client.ts'
import { goOn, type Next } from './go-on.ts'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { NewPasswordField } from './person-fields.tsx'
import { WithLink } from './with-link.tsx'

export const ResetPasswordPage = () => (
  <OutsidePage title="Choose a new password" about="Every session of your account ends, and you are signed in here.">
    <WithLink kind="password" missing="Open the link that you were sent: it has a token behind its #.">
      {(link, token) => <Choose token={token} email={link.email!} />}
    </WithLink>
  </OutsidePage>
)

function Choose({ token, email }: { readonly token: string; readonly email: string }) {
  const [password, setPassword] = useState('')
  return (
    <OutsideForm
      submit="Set the password"
      onSubmit={async () => goOn(await ask<Next>('/api/reset-password', { method: 'POST', body: { token, password } }))}
    >
      <input type="email" hidden readOnly autoComplete="username" value={email} />
      <NewPasswordField value={password} onChange={setPassword} label={`New password of ${email}`} />
    </OutsideForm>
  )
}
