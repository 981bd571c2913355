import { Badge, Group, PasswordInput, Select, Text } from '@mantine/core'
import { keyLike } from '../../api/keyed-call.ts'
import { usePlace } from '../../shell/place.ts'
import { nameOf } from '../keys/key-name.ts'
import { pastedKey } from './area.ts'
import type { KeyState } from './use-given-key.ts'

/** Whose call it is: a key of the organization, by its name, or one that is pasted. */
export const KeyField = ({ state }: { readonly state: KeyState }) => (
  <>
    {state.own !== null && <OwnKeys state={state} own={state.own} />}
    {(state.own === null || state.chosen === pastedKey) && <PastedKey {...state} />}
  </>
)

type OwnKeysProps = { readonly state: KeyState; readonly own: NonNullable<KeyState['own']> }

function OwnKeys({ state: { chosen, choose }, own }: OwnKeysProps) {
  const { organization, mode } = usePlace()
  const keys = own.map((key) => ({ value: key.id, label: `${nameOf(key)} · ${key.prefix}…` }))
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text component="label" htmlFor="playground-key" size="sm" fw={600}>
          Key
        </Text>
        {mode !== null && chosen !== pastedKey && <Badge color={mode === 'test' ? 'amber' : 'mart'}>{mode}</Badge>}
      </Group>
      <Select
        id="playground-key"
        allowDeselect={false}
        searchable
        data={[
          ...(keys.length === 0 ? [] : [{ group: `Of ${organization?.name ?? ''}`, items: keys }]),
          { group: 'Any other', items: [{ value: pastedKey, label: 'Paste a key' }] },
        ]}
        value={chosen}
        onChange={(id) => id !== null && choose(id)}
      />
      <Text size="xs" c="dimmed" mt={4}>
        {aboutKey(chosen === pastedKey ? null : mode)}
      </Text>
    </div>
  )
}

const aboutKey = (mode: string | null): string => {
  if (mode === null) return 'Charged to whichever organization the key is of.'
  return mode === 'test'
    ? 'Answers are simulated, and paid with test credit.'
    : 'Real calls, paid with live credit. The switch above leads to test keys.'
}

function PastedKey({ own, pasted, paste }: KeyState) {
  const { session, organization } = usePlace()
  const why =
    session && organization && own === null ? `Your role lets you use no keys of ${organization.name}: paste one. ` : ''
  return (
    <PasswordInput
      label={own === null ? 'Key' : 'The key'}
      description={`${why}Kept in memory alone.`}
      placeholder="sk-bf-…"
      autoComplete="off"
      spellCheck={false}
      value={pasted}
      error={pasted !== '' && !keyLike.test(pasted) && 'A key is sk-bf- and 36 characters.'}
      onChange={(event) => paste(event.currentTarget.value.trim())}
    />
  )
}
