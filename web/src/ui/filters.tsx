import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Popover,
  ScrollArea,
  Stack,
  TextInput,
  UnstyledButton,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { listIn, textIn } from '../shell/search.ts'
import classes from './filters.module.css'

export type FilterOption = { readonly value: string; readonly label: string }

/** A filter by its name in the URL. */
export type FilterField = { readonly name: string; readonly label: string } & (
  | { readonly kind: 'choice'; readonly options: readonly FilterOption[] }
  | { readonly kind: 'text'; readonly placeholder?: string }
  /** In the URL as `costMin` and `costMax`. */
  | { readonly kind: 'range'; readonly unit: string }
)

export type FilterSearch = Readonly<Record<string, string | readonly string[] | undefined>>

/** For lists that are narrowed to one value of each filter: the one that was chosen last counts. */
export const lastOfEach = (changed: FilterSearch): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, [value].flat().at(-1)]))

export type FiltersProps = {
  readonly fields: readonly FilterField[]
  readonly search: FilterSearch
  /** Those that change; undefined takes one away. For `navigate({ search: (all) => ({ ...all, ...changed }) })`. */
  readonly onChange: (changed: FilterSearch) => void
}

/** Filters that stand in the URL: each a button that says its value, and opens to change it. */
export const Filters = ({ fields, search, onChange }: FiltersProps) => {
  const set = fields.filter((field) => shownOf(field, search) !== null)
  return (
    <Group gap="xs" component="fieldset" className={classes['filters']} aria-label="Filters">
      {fields.map((field) => (
        <Filter key={field.name} field={field} search={search} onChange={onChange} />
      ))}
      {set.length > 1 && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => onChange(Object.assign({}, ...set.map(cleared)) as FilterSearch)}
        >
          Clear all
        </Button>
      )}
    </Group>
  )
}

type FilterProps = Omit<FiltersProps, 'fields'> & { readonly field: FilterField }

function Filter({ field, search, onChange }: FilterProps) {
  const [isOpen, { close, toggle }] = useDisclosure()
  const shown = shownOf(field, search)
  const change = (changed: FilterSearch): void => {
    onChange(changed)
    if (field.kind !== 'choice') close()
  }
  return (
    <Popover opened={isOpen} onChange={close} position="bottom-start" radius="lg" shadow="md" trapFocus>
      <div className={classes['filter']} data-set={shown !== null || undefined}>
        <Popover.Target>
          <UnstyledButton className={classes['button']} onClick={toggle}>
            {shown === null && <IconPlus size={13} aria-hidden />}
            {field.label}
            {shown !== null && <strong className={classes['value']}>{shown}</strong>}
          </UnstyledButton>
        </Popover.Target>
        {shown !== null && (
          <ActionIcon
            size={22}
            variant="subtle"
            color="gray"
            aria-label={`Clear ${field.label}`}
            onClick={() => onChange(cleared(field))}
          >
            <IconX size={13} aria-hidden />
          </ActionIcon>
        )}
      </div>
      <Popover.Dropdown miw={240}>
        <Control field={field} search={search} onChange={change} />
      </Popover.Dropdown>
    </Popover>
  )
}

function Control({ field, search, onChange }: FilterProps) {
  switch (field.kind) {
    case 'choice':
      return <Choice field={field} chosen={listIn(search, field.name) ?? []} onChange={onChange} />
    case 'text':
      return <Texts labels={[[field.name, field.label]]} search={search} onChange={onChange} />
    case 'range':
      return (
        <Texts
          labels={[
            [`${field.name}Min`, `At least, ${field.unit}`],
            [`${field.name}Max`, `At most, ${field.unit}`],
          ]}
          search={search}
          onChange={onChange}
          isNumeric
        />
      )
  }
}

type ChoiceProps = {
  readonly field: Extract<FilterField, { readonly kind: 'choice' }>
  readonly chosen: readonly string[]
  readonly onChange: (changed: FilterSearch) => void
}

const searchedMin = 9

function Choice({ field, chosen, onChange }: ChoiceProps) {
  const { name, label, options } = field
  const [text, setText] = useState('')
  const found = options.filter((option) => option.label.toLowerCase().includes(text.toLowerCase()))
  return (
    <Stack gap="xs">
      {options.length >= searchedMin && (
        <TextInput
          size="xs"
          aria-label={`Search ${label}`}
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      <ScrollArea.Autosize mah={280}>
        <Checkbox.Group
          aria-label={label}
          value={[...chosen]}
          onChange={(values) => onChange({ [name]: values.length === 0 ? undefined : values })}
        >
          <Stack gap={8} p={2}>
            {found.map((option) => (
              <Checkbox key={option.value} size="xs" value={option.value} label={option.label} />
            ))}
            {found.length === 0 && <span>Nothing is called that.</span>}
          </Stack>
        </Checkbox.Group>
      </ScrollArea.Autosize>
    </Stack>
  )
}

type TextsProps = {
  /** Names in the URL, with labels. */
  readonly labels: readonly (readonly [name: string, label: string])[]
  readonly search: FilterSearch
  readonly onChange: (changed: FilterSearch) => void
  readonly isNumeric?: boolean
}

const decimal = /^\d+(?:\.\d+)?$/

function Texts({ labels, search, onChange, isNumeric = false }: TextsProps) {
  const [texts, setTexts] = useState(() => labels.map(([name]) => textIn(search, name) ?? ''))
  const isWrong = (text: string): boolean => isNumeric && text !== '' && !decimal.test(text)
  const submit = (): void => {
    if (texts.some(isWrong)) return
    onChange(Object.fromEntries(labels.map(([name], at) => [name, texts[at]!.trim() || undefined])))
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack gap="xs">
        {labels.map(([name, label], at) => (
          <TextInput
            key={name}
            size="xs"
            label={label}
            value={texts[at]}
            error={isWrong(texts[at]!) && 'A number, such as 0.25'}
            inputMode={isNumeric ? 'decimal' : 'text'}
            onChange={(event) => setTexts(texts.with(at, event.currentTarget.value))}
          />
        ))}
        <Button type="submit" size="xs">
          Apply
        </Button>
      </Stack>
    </form>
  )
}

/** What a filter is set to, in words; null where it is not. */
function shownOf(field: FilterField, search: FilterSearch): string | null {
  switch (field.kind) {
    case 'text':
      return textIn(search, field.name) ?? null
    case 'range': {
      const [min, max] = [textIn(search, `${field.name}Min`), textIn(search, `${field.name}Max`)]
      if (min !== undefined && max !== undefined) return `${min} – ${max} ${field.unit}`
      return min !== undefined ? `≥ ${min} ${field.unit}` : max !== undefined ? `≤ ${max} ${field.unit}` : null
    }
    case 'choice': {
      const chosen = listIn(search, field.name)
      if (chosen === undefined) return null
      const [first = ''] = chosen
      const label = field.options.find(({ value }) => value === first)?.label ?? first
      return chosen.length === 1 ? label : `${label} +${chosen.length - 1}`
    }
  }
}

const cleared = ({ kind, name }: FilterField): FilterSearch =>
  kind === 'range' ? { [`${name}Min`]: undefined, [`${name}Max`]: undefined } : { [name]: undefined }
