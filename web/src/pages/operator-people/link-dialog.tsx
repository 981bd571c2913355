import { Alert, Button, Skeleton, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ask } from '../../api/client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { OneTimeLink } from '../../ui/one-time-link.tsx'
import { Trouble } from '../../ui/trouble.tsx'

export type LinkAsk = {
  readonly title: string
  /** The route that makes it. */
  readonly path: `/api/operator/${string}`
  /** Whom it is for; null: an address that is still to be said. */
  readonly for: string | null
}

/** Makes a link, and shows it where it was not sent by mail. */
export function LinkDialog({ title, path, for: whom, onClose }: LinkAsk & { readonly onClose: () => void }) {
  const [email, setEmail] = useState<string | null>(null)
  return (
    <Dialog title={title} onClose={onClose} isSticky>
      {whom === null && email === null ? (
        <AskForAddress onSaid={setEmail} />
      ) : (
        <Made path={path} body={email === null ? {} : { email }} whom={email ?? whom!} />
      )}
    </Dialog>
  )
}

type MadeProps = {
  readonly path: `/api/operator/${string}`
  readonly body: { readonly email?: string }
  readonly whom: string
}

function Made({ path, body, whom }: MadeProps) {
  const { mutate, data, error } = useMutation({
    mutationFn: () => ask<{ readonly url: string | null }>(path, { method: 'POST', body }),
  })
  useEffect(() => mutate(), [mutate])
  return (
    <Stack gap="md">
      {error !== null && <Trouble error={error} onRetry={() => mutate()} />}
      {data === undefined && error === null && <Skeleton height={150} />}
      {data?.url === null && <Alert>A mail is on its way to {whom}.</Alert>}
      {typeof data?.url === 'string' && <OneTimeLink url={data.url} />}
    </Stack>
  )
}

function AskForAddress({ onSaid }: { readonly onSaid: (email: string) => void }) {
  const [email, setEmail] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onSaid(email)
      }}
    >
      <Stack gap="md">
        <TextInput
          label="The new address"
          description="Be sure that it is theirs: whoever opens the link signs in with it from then on."
          type="email"
          required
          withAsterisk={false}
          data-autofocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit">Make the link</Button>
      </Stack>
    </form>
  )
}
