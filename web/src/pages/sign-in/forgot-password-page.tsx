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
          Ask an operator, which is whoever runs it: in the console, under People, they make you a link for a new
          password. Where they cannot sign in either, <code>npx mart person password-link YOUR-ADDRESS</code> makes it
          on the machine that it runs on.
        </Alert>
      )}
      <Anchor renderRoot={(props) => <Link {...props} to="/sign-in" />} size="sm">
        Back to sign-in
      </Anchor>
    </OutsidePage>
  )
}
