import { Alert } from '@mantine/core'
import { IconMail } from '@tabler/icons-react'
import { useState } from 'react'
import { ask } from '../../api/client.ts'
import { OutsideForm } from './outside-form.tsx'
import { EmailField } from './person-fields.tsx'

/** Has a link sent to an address. Nothing that it says tells whether there is an account. */
export function AskForLink({ path }: { readonly path: `/api/${string}` }) {
  const [email, setEmail] = useState('')
  const [sentTo, setSentTo] = useState<string | null>(null)
  const send = async (): Promise<void> => {
    await ask(path, { method: 'POST', body: { email } })
    setSentTo(email)
  }
  return sentTo === null ? (
    <OutsideForm submit="Send me a link" onSubmit={send}>
      <EmailField value={email} onChange={setEmail} isFirst />
    </OutsideForm>
  ) : (
    <Alert role="alert" variant="light" icon={<IconMail aria-hidden />} title="Look into your mail">
      If it can be, a mail to {sentTo} is on its way. It may take a minute; look among what was sorted out as well.
    </Alert>
  )
}
