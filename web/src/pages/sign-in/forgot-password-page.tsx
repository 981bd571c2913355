import { Alert, Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { waysQuery } from '../../api/account-queries.ts'
import { AskForLink } from './ask-for-link.tsx'
import { OutsidePage } from './outside-form.tsx'

export function ForgotPasswordPage() {
  const { data: ways } = useQuery(waysQuery)
  return (
    <OutsidePage title="A new password" about="By a link to your e-mail address, which works once, within an hour.">
      {ways?.hasMail === true && <AskForLink path="/api/forgot-password" />}
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
