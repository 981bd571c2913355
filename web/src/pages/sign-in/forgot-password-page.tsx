import { Alert, Anchor } from '@mantine/core'
import { IconMail } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { waysQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { EmailField } from './person-fields.tsx'

export function ForgotPasswordPage() {
  const { data: ways } = useQuery(waysQuery)
  return (
    <OutsidePage title="A new password" about="By a link to your e-mail address, which works once, within an hour.">
      {ways?.hasMail === true && <AskForLink />}
      {ways?.hasMail === false && (
        <Alert variant="light" title="This gateway sends no mail">
          Ask whoever runs it: <code>npx mart person password-link YOUR-ADDRESS</code> makes the link there.
        </Alert>
      )}
      <Anchor renderRoot={(props) => <Link {...props} to="/sign-in" />} size="sm">
        Back to sign-in
      </Anchor>
    </OutsidePage>
  )
}

function AskForLink() {
  const [email, setEmail] = useState('')
  const [sentTo, setSentTo] = useState<string | null>(null)
  if (sentTo !== null) return <Sent to={sentTo} />
  return (
    <OutsideForm
      submit="Send me a link"
      onSubmit={async () => {
        await ask('/api/forgot-password', { method: 'POST', body: { email } })
        setSentTo(email)
      }}
    >
      <EmailField value={email} onChange={setEmail} isFirst />
    </OutsideForm>
  )
}

/** Nothing in it says whether there is an account. */
export const Sent = ({ to }: { readonly to: string }) => (
  <Alert role="alert" variant="light" icon={<IconMail aria-hidden />} title="Look into your mail">
    If it can be, a mail to {to} is on its way. It may take a minute; look among what was sorted out as well.
  </Alert>
)
