import { Alert, Skeleton, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ask } from '../../api/client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { OneTimeLink } from '../../ui/one-time-link.tsx'
import { Trouble } from '../../ui/trouble.tsx'

export type LinkAsk = {
  readonly title: string
  /** The route that makes it. */
  readonly path: `/api/operator/${string}`
  /** Whom it is for. */
  readonly for: string
}

/** Makes a link, and shows it where it was not sent by mail. */
export function LinkDialog({ title, path, for: whom, onClose }: LinkAsk & { readonly onClose: () => void }) {
  const { mutate, data, error } = useMutation({
    mutationFn: () => ask<{ readonly url: string | null }>(path, { method: 'POST', body: {} }),
  })
  useEffect(() => mutate(), [mutate])
  return (
    <Dialog title={title} onClose={onClose} isSticky>
      <Stack gap="md">
        {error !== null && <Trouble error={error} onRetry={() => mutate()} />}
        {data === undefined && error === null && <Skeleton height={150} />}
        {data?.url === null && <Alert>A mail is on its way to {whom}.</Alert>}
        {typeof data?.url === 'string' && <OneTimeLink url={data.url} />}
      </Stack>
    </Dialog>
  )
}
