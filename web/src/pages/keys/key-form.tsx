import {
  Accordion,
  Button,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  TextInput,
} from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { PageKeyOptionsJson } from '../../../../src/control/contract-pages.ts'
import { besideFields } from '../../api/beside.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { budgetPeriods, budgetTitles, type KeyTerms } from './key-terms.ts'
import { keyOptionsQuery } from './keys-query.ts'

export type KeyFormProps = {
  readonly initial: KeyTerms
  /** The verb. */
  readonly submit: string
  readonly onSubmit: (terms: KeyTerms) => Promise<unknown>
  readonly onCancel: () => void
}

type Form = UseFormReturnType<KeyTerms>

/** A key's terms. What the server refuses is said beside its field. */
export function KeyForm({ initial, submit, onSubmit, onCancel }: KeyFormProps) {
  const { organization } = useOrganization()
  const { data: options } = useQuery(keyOptionsQuery(organization.id))
  const form = useForm<KeyTerms>({ initialValues: initial })
  const { mutate, isPending, error } = useMutation({
    mutationFn: onSubmit,
    onError: (trouble) => {
      const { of } = besideFields(trouble, Object.keys(initial))
      for (const field of Object.keys(initial)) form.setFieldError(field, of(field) ?? null)
    },
  })
  const isShownBeside = Object.keys(form.errors).length > 0
  return (
    <form onSubmit={form.onSubmit((terms) => mutate(terms))}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="What it is for: a program, a person, a customer."
          placeholder="production"
          data-autofocus
          {...form.getInputProps('name')}
        />
        {options && options.regions.length > 1 && <Region form={form} options={options} />}
        <Budget form={form} />
        <Further form={form} options={options} />
        {error !== null && !isShownBeside && <Trouble error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

type PartProps = { readonly form: Form; readonly options: PageKeyOptionsJson | undefined }

const Region = ({ form, options }: PartProps) => (
  <Select
    label="Region"
    description="Where its requests may be processed. One that cannot be is refused."
    allowDeselect={false}
    data={options?.regions.map((value) => ({ value, label: value.toUpperCase() })) ?? []}
    {...form.getInputProps('region')}
  />
)

const Budget = ({ form }: { readonly form: Form }) => (
  <SimpleGrid cols={2} spacing="sm">
    <TextInput
      label="Budget, USD"
      description="What it may spend at most."
      placeholder="no limit"
      inputMode="decimal"
      {...form.getInputProps('budget')}
    />
    <Select
      label="Each"
      description="When it begins anew, in UTC."
      allowDeselect={false}
      data={budgetPeriods.map((value) => ({ value, label: budgetTitles[value] }))}
      {...form.getInputProps('budgetPeriod')}
    />
  </SimpleGrid>
)

const Further = ({ form, options }: PartProps) => (
  <Accordion variant="separated" radius="md" order={3}>
    <Accordion.Item value="limits">
      <Accordion.Control>Limits and expiry</Accordion.Control>
      <Accordion.Panel>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <Limit form={form} name="rpm" label="Requests a minute" />
          <Limit form={form} name="tpm" label="Tokens a minute" />
          <Limit form={form} name="concurrency" label="Requests at once" />
          <TextInput
            type="date"
            label="Expires at the start of"
            {...form.getInputProps('expires')}
            value={form.values.expires ?? ''}
            onChange={(event) => form.setFieldValue('expires', event.currentTarget.value || null)}
          />
        </SimpleGrid>
      </Accordion.Panel>
    </Accordion.Item>
    <Accordion.Item value="restrictions">
      <Accordion.Control>What it may ask, and from where</Accordion.Control>
      <Accordion.Panel>
        <Stack gap="sm">
          <MultiSelect
            label="Models"
            placeholder={form.values.models.length === 0 ? 'every model' : ''}
            searchable
            data={options?.models.map(({ id }) => id) ?? []}
            {...form.getInputProps('models')}
            value={[...form.values.models]}
          />
          <MultiSelect
            label="Endpoints"
            placeholder={form.values.endpoints.length === 0 ? 'every endpoint' : ''}
            searchable
            data={[...(options?.endpoints ?? [])]}
            {...form.getInputProps('endpoints')}
            value={[...form.values.endpoints]}
          />
          <TagsInput
            label="IP addresses and networks"
            description="Such as 203.0.113.0/24 or 2001:db8::/32. Enter after each."
            placeholder={form.values.addresses.length === 0 ? 'from everywhere' : ''}
            {...form.getInputProps('addresses')}
            value={[...form.values.addresses]}
          />
        </Stack>
      </Accordion.Panel>
    </Accordion.Item>
  </Accordion>
)

type LimitProps = { readonly form: Form; readonly name: 'rpm' | 'tpm' | 'concurrency'; readonly label: string }

const Limit = ({ form, name, label }: LimitProps) => (
  <NumberInput
    label={label}
    placeholder="no limit"
    min={1}
    allowDecimal={false}
    allowNegative={false}
    thousandSeparator=" "
    hideControls
    {...form.getInputProps(name)}
  />
)
