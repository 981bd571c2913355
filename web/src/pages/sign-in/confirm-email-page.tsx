import { ask } from '../../api/client.ts'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { WithLink } from './with-link.tsx'

export const ConfirmEmailPage = () => (
  <OutsidePage
    title="Another e-mail address"
    about="You sign in with it from then on. Every other session of your account ends."
  >
    <WithLink kind="email" missing="Open the link that you were sent: it has a token behind its #.">
      {(link, token) => <Confirm token={token} email={link.email!} />}
    </WithLink>
  </OutsidePage>
)

type Confirmed = { readonly isSignedIn: boolean }

const Confirm = ({ token, email }: { readonly token: string; readonly email: string }) => (
  <OutsideForm
    submit={`Use ${email}`}
    onSubmit={async () => {
      const { isSignedIn } = await ask<Confirmed>('/api/confirm-email', { method: 'POST', body: { token } })
      location.assign(isSignedIn ? '/account' : '/sign-in')
    }}
  />
)
