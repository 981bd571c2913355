import { Button, Card, Group, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageCreditAlertInputJson, PageCreditAlertListJson } from '../../../../src/control/contract-pages.ts'
import { besideFields } from '../../api/beside.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { alertsPath, alertsQuery } from './billing-queries.ts'

/** Below which amount the organization is told, once, that credit runs out. */
export function CreditAlert() {
  const { organization, mode, may } = useOrganization()
  const client = useQueryClient()
  const { data, error } = useQuery(alertsQuery(organization.id))
  const alert = data?.data.find((each) => each.mode === mode)
  const [text, setText] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: (usd: string | null) => {
      const body: PageCreditAlertInputJson = { mode, usd }
      return ask<PageCreditAlertListJson>(alertsPath(organization.id), { method: 'PATCH', body })
    },
    onSuccess: (saved) => {
      client.setQueryData(alertsQuery(organization.id).queryKey, saved)
      setText(null)
    },
  })
  const beside = besideFields(save.error, ['usd'])
  const shown = text ?? alert?.thresholdUsd ?? ''
  return (
    <Card component="section" aria-label="Alert for low credit">
      <Title order={2}>Alert for low credit</Title>
      <Text c="dimmed" mb="md">
        Told once when what is available comes below this amount, by a webhook with the event <code>credit.low</code>,
        and by mail where this gateway sends mail.
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(shown.trim() === '' ? null : shown.trim())
        }}
      >
        <Group align="flex-end" gap="xs">
          <TextInput
            label={`Below, USD of ${mode} credit`}
            placeholder="no alert"
            inputMode="decimal"
            w={160}
            inputWrapperOrder={['label', 'error', 'input']}
            disabled={!may('billing.write')}
            value={shown}
            error={beside.of('usd')}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {may('billing.write') && (
            <Button type="submit" variant="default" loading={save.isPending} disabled={text === null}>
              Save
            </Button>
          )}
          {alert?.isBelow && (
            <Text size="sm" fw={600} c="var(--mart-color-test)">
              It is below that now.
            </Text>
          )}
        </Group>
      </form>
      {(error ?? beside.rest) !== null && <Trouble error={error ?? beside.rest} />}
    </Card>
  )
}
