import { SegmentedControl, Stack, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { CodeTabs } from './code-tabs.tsx'
import { firstCall, sdks, type Sdk } from './first-call.ts'

type FirstCallProps = {
  /** A key; left out: a word in its place. */
  readonly secret?: string
}

/** The first call, ready to paste: the reader's language, base URL and key. */
export function FirstCall({ secret = 'sk-bf-…' }: FirstCallProps) {
  const [sdk, choose] = useLocalStorage<Sdk>({
    key: 'mart-sdk',
    defaultValue: 'openai',
    getInitialValueInEffect: false,
  })
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="SDK"
        size="xs"
        value={sdk}
        onChange={(value) => choose(value)}
        data={sdks.map(({ id, title }) => ({ value: id, label: title }))}
      />
      <Text size="sm" c="dimmed">
        The two lines that differ from the vendor’s own are the base URL and the key.
      </Text>
      <CodeTabs label="The first call" snippets={firstCall(sdk, location.origin, secret)} />
    </Stack>
  )
}
