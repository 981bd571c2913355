import { useState } from 'react'
import { ask } from '../../api/client.ts'
import { goOn, type Next } from './go-on.ts'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { NewPasswordField } from './person-fields.tsx'
import { WithLink } from './with-link.tsx'

export const TakeBackPage = () => (
  <OutsidePage
    title="Take your account back"
    about="It has this e-mail address again, with a new password. Every session ends, and you are signed in here."
  >
    <WithLink kind="email-undo" missing="Open the link that you were sent: it has a token behind its #.">
      {(link, token) => <TakeBack token={token} email={link.email!} />}
    </WithLink>
  </OutsidePage>
)

function TakeBack({ token, email }: { readonly token: string; readonly email: string }) {
  const [password, setPassword] = useState('')
  return (
    <OutsideForm
      submit={`Take it back for ${email}`}
      onSubmit={async () => goOn(await ask<Next>('/api/take-back', { method: 'POST', body: { token, password } }))}
    >
      <input type="email" hidden readOnly autoComplete="username" value={email} />
      <NewPasswordField value={password} onChange={setPassword} label={`New password of ${email}`} />
    </OutsideForm>
  )
}
