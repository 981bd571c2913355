import { Alert, Button, Checkbox, Code, Group, SimpleGrid, Stack } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { saveAs } from '../../api/save.ts'

type Props = { readonly codes: readonly string[]; readonly onDone: () => void }

/** Shown this once: without them, a lost phone is a lost account. */
export function BackupCodes({ codes, onDone }: Props) {
  const { copy, copied } = useClipboard()
  const [isKept, setKept] = useState(false)
  const text = `${codes.join('\n')}\n`
  return (
    <Stack gap="md">
      <Alert variant="light" color="amber" title="Keep these backup codes">
        Each signs you in once when the app is not at hand. They are shown only now.
      </Alert>
      <SimpleGrid cols={2} spacing="xs" component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
        {codes.map((code) => (
          <li key={code}>
            <Code fz="md">{code}</Code>
          </li>
        ))}
      </SimpleGrid>
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          onClick={() => copy(text)}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveAs(new Blob([text], { type: 'text/plain' }), 'aicreditmart-backup-codes.txt')}
        >
          Save as a file
        </Button>
      </Group>
      <Checkbox
        label="I have kept them where I find them without my phone"
        checked={isKept}
        onChange={(event) => setKept(event.currentTarget.checked)}
      />
      <Button onClick={onDone} disabled={!isKept}>
        Done
      </Button>
    </Stack>
  )
}
