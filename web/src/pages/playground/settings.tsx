import { Card, SegmentedControl, Select, Stack, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { modelsOf } from '../../api/keyed-call.ts'
import { Trouble } from '../../ui/trouble.tsx'
import type { Ask, Task } from './call.ts'
import { KeyField } from './key-field.tsx'
import type { KeyState } from './use-given-key.ts'

export type Chosen = Omit<Ask, 'turns'>

type SettingsProps = {
  readonly value: Chosen
  readonly onChange: (value: Chosen) => void
  readonly keyState: KeyState
}

/** Whose key, in whose words, which model. */
export function Settings({ value, onChange, keyState }: SettingsProps) {
  const { given } = keyState
  const { dialect, task, model, system } = value
  const { data: models, error } = useQuery({
    // A secret is no part of what is remembered by: the answers of one are forgotten with the next.
    queryKey: ['playground', 'models', dialect, typeof given === 'string' ? given.slice(-8) : given?.keyId],
    enabled: given !== null,
    gcTime: 0,
    retry: false,
    queryFn: ({ signal }) => modelsOf(dialect, given!, signal),
  })
  const listed = models && inOrder(models, task)
  useEffect(() => {
    if (listed && !listed.includes(model)) onChange({ ...value, model: listed[0] ?? '' })
  })
  return (
    <Card>
      <Stack gap="sm">
        <KeyField state={keyState} />
        <What value={value} onChange={onChange} />
        <Select
          label="Model"
          searchable
          allowDeselect={false}
          placeholder={models ? 'Choose a model' : 'Listed once there is a key'}
          data={[...(listed ?? [])]}
          value={model === '' ? null : model}
          disabled={listed === undefined}
          onChange={(chosen) => onChange({ ...value, model: chosen ?? '' })}
        />
        {task === 'chat' && (
          <Textarea
            label="Instructions"
            placeholder="How the model should answer"
            autosize
            minRows={1}
            maxRows={6}
            value={system}
            onChange={(event) => onChange({ ...value, system: event.currentTarget.value })}
          />
        )}
        {error !== null && <Trouble error={error} title="The models could not be listed" />}
      </Stack>
    </Card>
  )
}

/** In whose words, and what. */
const What = ({ value, onChange }: Pick<SettingsProps, 'value' | 'onChange'>) => (
  <>
    <SegmentedControl
      aria-label="SDK"
      fullWidth
      data={[
        { value: 'openai', label: 'OpenAI SDK' },
        { value: 'genai', label: 'Google GenAI SDK' },
      ]}
      value={value.dialect}
      onChange={(chosen) => onChange({ ...value, dialect: chosen, task: 'chat' })}
    />
    {value.dialect === 'openai' && (
      <Select
        label="What to make"
        allowDeselect={false}
        data={[
          { value: 'chat', label: 'Text' },
          { value: 'image', label: 'A picture' },
          { value: 'embedding', label: 'An embedding' },
          { value: 'video', label: 'A video of 4 s' },
        ]}
        value={value.task}
        onChange={(chosen) => onChange({ ...value, task: chosen as Task, model: '' })}
      />
    )}
  </>
)

const named: Readonly<Record<Exclude<Task, 'chat'>, RegExp>> = {
  image: /image/i,
  embedding: /embed/i,
  video: /sora|video|veo/i,
}

/** Those whose names say that they are for it come first; for text, those whose names say nothing else. */
function inOrder(models: readonly string[], task: Task): readonly string[] {
  const isMeant = (model: string): boolean =>
    task === 'chat' ? !Object.values(named).some((pattern) => pattern.test(model)) : named[task].test(model)
  return [...models.filter(isMeant), ...models.filter((model) => !isMeant(model))]
}
