import { Group, Stack, Text, Title } from '@mantine/core'
import { useEffect, type ReactNode } from 'react'

export type PageHeadProps = {
  readonly title: string
  /** One sentence of what is here. */
  readonly about?: ReactNode
  /** What can be done, at the right. */
  readonly actions?: ReactNode
}

/** Every page begins with one; it names the browser's tab too. */
export function PageHead({ title, about, actions }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · AICreditMart`
  }, [title])
  return (
    <Group justify="space-between" align="flex-end" gap="md" mb="lg">
      <Stack gap={4}>
        <Title order={1}>{title}</Title>
        {about !== undefined && (
          <Text c="dimmed" maw="78ch" style={{ textWrap: 'pretty' }}>
            {about}
          </Text>
        )}
      </Stack>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  )
}
