import { CloseButton, Drawer, Group, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export type SidePanelProps = {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly title: string
  readonly children: ReactNode
}

/** One thing of a list, beside it. Its head is its own: Mantine's is a `header`, which would be a second banner of the page. */
export const SidePanel = ({ isOpen, onClose, title, children }: SidePanelProps) => (
  <Drawer.Root opened={isOpen} onClose={() => isOnTop() && onClose()} position="right" size="lg" padding="lg">
    <Drawer.Overlay />
    <Drawer.Content aria-label={title} data-side-panel>
      <Drawer.Body>
        <Group justify="space-between" wrap="nowrap" mb="md" pt="md">
          <Title order={2}>{title}</Title>
          <CloseButton onClick={onClose} aria-label="Close" />
        </Group>
        {children}
      </Drawer.Body>
    </Drawer.Content>
  </Drawer.Root>
)

/** Whether no dialog is over the panel: Escape, which both hear of, closes what is on top alone. */
const isOnTop = (): boolean => document.querySelectorAll('[aria-modal="true"]').length < 2
