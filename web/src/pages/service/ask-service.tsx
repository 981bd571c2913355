import { Button, Group, NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageServiceRequestInputJson, PageServiceRequestJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { kindWords } from '../../ui/service-request.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { keysQuery } from '../keys/keys-query.ts'
import { servicePath } from './service-path.ts'

type Kind = PageServiceRequestJson['kind']
type Limits = {
  readonly rpm: number | ''
  readonly tpm: number | ''
  readonly concurrency: number | ''
  readonly budget: string
}

const kinds = Object.keys(kindWords) as Kind[]
const noLimits: Limits = { rpm: '', tpm: '', concurrency: '', budget: '' }

/** Asks the operators for something. */
export function AskService({ onClose }: { readonly onClose: () => void }) {
  const { organization } = useOrganization()
  const client = useQueryClient()
  const [kind, setKind] = useState<Kind>('raise-limit')
  const [keyId, setKeyId] = useState<string | null>(null)
  const [limits, setLimits] = useState(noLimits)
  const [message, setMessage] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const body = inputOf({ kind, keyId, limits, message })
      await ask(servicePath(organization.id), { method: 'POST', body })
      await client.invalidateQueries({ queryKey: organizationKey(organization.id, null, 'service-requests') })
    },
    onSuccess: onClose,
  })
  return (
    <Dialog onClose={onClose} title="Ask the operators" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
      >
        <Stack gap="md">
          <Select
            label="What for"
            description={kindWords[kind].about}
            allowDeselect={false}
            data={kinds.map((value) => ({ value, label: kindWords[value].title }))}
            value={kind}
            onChange={(value) => value !== null && setKind(value)}
          />
          <KeySelect value={keyId} onChange={setKeyId} />
          {kind === 'raise-limit' && <LimitFields limits={limits} onChange={setLimits} />}
          <Textarea
            label="Message"
            autosize
            minRows={2}
            maxLength={2_000}
            value={message}
            onChange={(event) => setMessage(event.currentTarget.value)}
          />
          {error && <Trouble error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending}>
              Ask
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

type Said = { readonly kind: Kind; readonly keyId: string | null; readonly limits: Limits; readonly message: string }

function inputOf({ kind, keyId, limits, message }: Said): PageServiceRequestInputJson {
  const raised = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== ''))
  return { kind, keyId, message: message.trim(), ...(kind === 'raise-limit' && { limits: raised }) }
}

type KeySelectProps = { readonly value: string | null; readonly onChange: (keyId: string | null) => void }

function KeySelect({ value, onChange }: KeySelectProps) {
  const { organization, mode } = useOrganization()
  const { data } = useQuery(keysQuery(organization.id, mode))
  const usable = data?.data.filter(({ state }) => state !== 'revoked') ?? []
  return (
    <Select
      label="Key"
      placeholder="none"
      clearable
      data={usable.map(({ id, name, prefix }) => ({ value: id, label: name === '' ? prefix : name }))}
      value={value}
      onChange={onChange}
    />
  )
}

type LimitFieldsProps = { readonly limits: Limits; readonly onChange: (limits: Limits) => void }

const numbers = { rpm: 'Requests a minute', tpm: 'Tokens a minute', concurrency: 'Requests at once' } as const

const LimitFields = ({ limits, onChange }: LimitFieldsProps) => (
  <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
    {Object.entries(numbers).map(([name, label]) => (
      <NumberInput
        key={name}
        label={label}
        placeholder="as it is"
        min={1}
        allowDecimal={false}
        hideControls
        value={limits[name as keyof typeof numbers]}
        onChange={(value) => onChange({ ...limits, [name]: typeof value === 'number' ? value : '' })}
      />
    ))}
    <TextInput
      label="Budget"
      description="USD and how often, such as 500/month"
      placeholder="as it is"
      value={limits.budget}
      onChange={(event) => onChange({ ...limits, budget: event.currentTarget.value })}
    />
  </SimpleGrid>
)
