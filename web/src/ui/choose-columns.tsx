import { ActionIcon, Checkbox, Popover, Stack, Tooltip } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useMemo } from 'react'
import { IconColumns3 } from '@tabler/icons-react'

type Choosable = { readonly id: string; readonly title: string; readonly isHidden?: boolean }

/** Which columns are shown, remembered in this browser. The first always is. */
export function useChosenColumns<Column extends Choosable>(name: string, columns: readonly Column[]) {
  const usual = columns.filter(({ isHidden }) => isHidden !== true).map(({ id }) => id)
  const [chosen, choose] = useLocalStorage<readonly string[]>({
    key: `mart-columns-${name}`,
    defaultValue: usual,
    getInitialValueInEffect: false,
  })
  const shown = useMemo(() => columns.filter(({ id }, at) => at === 0 || chosen.includes(id)), [columns, chosen])
  return { shown, chosen, choose }
}

type ChooseColumnsProps = {
  readonly columns: readonly Choosable[]
  readonly chosen: readonly string[]
  readonly onChoose: (chosen: readonly string[]) => void
}

export const ChooseColumns = ({ columns, chosen, onChoose }: ChooseColumnsProps) => (
  <Popover position="bottom-end" radius="lg" shadow="md" trapFocus>
    <Popover.Target>
      <Tooltip label="Choose columns">
        <ActionIcon variant="default" size={34} aria-label="Choose columns">
          <IconColumns3 size={17} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Popover.Target>
    <Popover.Dropdown>
      <Checkbox.Group value={[...chosen]} onChange={onChoose} label="Columns">
        <Stack gap="xs" mt="xs">
          {columns.slice(1).map(({ id, title }) => (
            <Checkbox key={id} value={id} label={title} size="xs" />
          ))}
        </Stack>
      </Checkbox.Group>
    </Popover.Dropdown>
  </Popover>
)
