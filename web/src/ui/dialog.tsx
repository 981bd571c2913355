import { CloseButton, Group, Modal, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export type DialogProps = {
  readonly onClose: () => void
  readonly title: string
  readonly children: ReactNode
  readonly size?: 'md' | 'lg'
  /** Whether a click beside it leaves it open: for what is shown only once. */
  readonly isSticky?: boolean
}

/** Something to be done before anything else. Its head is its own: Mantine's is a `header`, which would be a second banner of the page. */
export const Dialog = ({ onClose, title, children, size = 'md', isSticky = false }: DialogProps) => (
  <Modal.Root opened onClose={onClose} size={size} closeOnClickOutside={!isSticky}>
    <Modal.Overlay />
    <Modal.Content aria-label={title}>
      <Modal.Body>
        <Group justify="space-between" wrap="nowrap" align="flex-start" mb="md" pt="md">
          <Title order={2}>{title}</Title>
          <CloseButton onClick={onClose} aria-label="Close" />
        </Group>
        {children}
      </Modal.Body>
    </Modal.Content>
  </Modal.Root>
)
