import { Button, Code, Group, Select, Stack, Text } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageKeyJson, PageKeyOptionsJson } from '../../../../src/control/contract-pages.ts'
import { callWithKey } from '../../api/keyed-call.ts'
import type { KeyOf } from '../../api/passes.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Duration } from '../../ui/figures.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { keyOptionsQuery } from './keys-query.ts'

const outputTokensMax = 64

/** A real call with the key, to see whether it works and what it costs. */
export function TestCall({ of }: { readonly of: PageKeyJson }) {
  const { organization, mode } = useOrganization()
  const { data: options } = useQuery(keyOptionsQuery(organization.id))
  const models = callableModels(of, options)
  const [chosen, choose] = useState<string | null>(null)
  const model = chosen ?? models[0]
  const { data, mutate, isPending, error } = useMutation({
    mutationFn: (asked: string) => callOnce({ organization: organization.id, keyId: of.id }, asked),
  })
  if (model === undefined) return null
  return (
    <Stack gap="sm" component="section" aria-label="Test call">
      <div>
        <Text size="sm" fw={600}>
          Test call
        </Text>
        <Text size="sm" c="dimmed">
          {mode === 'test' ? 'Paid with test credit.' : 'A real call: it costs a fraction of a cent of live credit.'}
        </Text>
      </div>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <Select
          aria-label="Model"
          searchable
          allowDeselect={false}
          data={models}
          value={model}
          onChange={choose}
          style={{ flex: 1 }}
        />
        <Button
          loading={isPending}
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          onClick={() => mutate(model)}
        >
          Call
        </Button>
      </Group>
      {error && <Trouble error={error} title="The call was refused" />}
      {data && (
        <Stack gap={4} aria-live="polite">
          <Code block>{data.text}</Code>
          <Text size="sm" c="dimmed">
            {data.charge === null ? '' : `$${data.charge} · `}
            <Duration ms={data.ms} /> ·{' '}
            <a href={`/dashboard/${organization.id}/requests?mode=${mode}&request=${data.requestId}`}>receipt</a>
          </Text>
        </Stack>
      )}
    </Stack>
  )
}

/** Models of text that the key may ask. */
function callableModels({ models }: PageKeyJson, options: PageKeyOptionsJson | undefined): string[] {
  const text = options?.models.filter(({ kind, dialect }) => kind === 'text' && dialect === 'openai') ?? []
  return text.map(({ id }) => id).filter((id) => models === null || models.includes(id))
}

type Answered = {
  readonly text: string
  readonly ms: number
  readonly charge: string | null
  readonly requestId: string
}

async function callOnce(of: KeyOf, model: string): Promise<Answered> {
  const begun = performance.now()
  const response = await callWithKey({
    dialect: 'openai',
    key: of,
    path: '/v1/chat/completions',
    body: {
      model,
      max_completion_tokens: outputTokensMax,
      messages: [{ role: 'user', content: 'Say hello in one short sentence.' }],
    },
  })
  const body = (await response.json()) as { choices?: { message?: { content?: string | null } }[] }
  return {
    text: body.choices?.[0]?.message?.content || '(no text came: its tokens went into reasoning)',
    ms: Math.round(performance.now() - begun),
    charge: response.headers.get('x-mart-charge-usd'),
    requestId: response.headers.get('x-request-id') ?? '',
  }
}
