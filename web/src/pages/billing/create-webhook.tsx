import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageWebhookJson, PageWebhookWithSecretJson } from '../../../../src/control/contract-pages.ts'
import { besideFields } from '../../api/beside.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Secret } from '../../ui/secret.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { webhooksPath, webhooksQuery } from './billing-queries.ts'

type Event = PageWebhookJson['events'][number]

const eventTitles: Readonly<Record<Event, string>> = {
  'credit.low': 'Credit is low',
  'key.created': 'A key was made',
  'key.revoked': 'A key was revoked',
  'job.completed': 'A job has ended',
}

/** Adds a webhook, and shows the secret that deliveries are signed with this once. */
export function CreateWebhook({ onClose }: { readonly onClose: () => void }) {
  const { organization } = useOrganization()
  const client = useQueryClient()
  const [url, setUrl] = useState('')
  const [events, setEvents] = useState<readonly string[]>(Object.keys(eventTitles))
  const { data, mutate, isPending, error } = useMutation({
    mutationFn: () =>
      ask<PageWebhookWithSecretJson>(webhooksPath(organization.id), {
        method: 'POST',
        body: { url: url.trim(), events },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: webhooksQuery(organization.id).queryKey }),
  })
  const beside = besideFields(error, ['url', 'events'])
  return (
    <Dialog
      title={data ? 'The secret to verify with' : 'Add a webhook'}
      onClose={onClose}
      size="lg"
      isSticky={data !== undefined}
    >
      {data ? (
        <Secret value={data.secret} label="The secret" />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            mutate()
          }}
        >
          <Stack gap="md">
            <TextInput
              label="URL"
              description="A public address that takes POST over https."
              placeholder="https://example.com/hooks/aicreditmart"
              type="url"
              required
              value={url}
              error={beside.of('url')}
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
            <Checkbox.Group label="Events" value={[...events]} onChange={setEvents} error={beside.of('events')}>
              <Stack gap="xs" mt="xs">
                {Object.entries(eventTitles).map(([value, title]) => (
                  <Checkbox key={value} value={value} label={title} />
                ))}
              </Stack>
            </Checkbox.Group>
            {beside.rest !== null && <Trouble error={beside.rest} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={isPending}>
                Add
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  )
}
