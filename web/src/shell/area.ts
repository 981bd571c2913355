/** What an area of the pages brings to the frame: see web/README.md. */
import type { Icon } from '@tabler/icons-react'
import type { Permission } from '../../../src/control/contract-pages.ts'
import type { Mode } from './mode.ts'

/** An entry of the navigation, and of ⌘K. */
export type Place = {
  readonly title: string
  readonly icon: Icon
  /** The page's path below its frame: `keys` for `/dashboard/$organization/keys`. */
  readonly path: string
  /** What a member must be allowed to see it; null for whoever may see the frame. */
  readonly needs: Permission | null
  /** Further words that ⌘K finds it by. */
  readonly keywords?: readonly string[]
}

/** What ⌘K offers: opens a page, or does something. */
export type Command = {
  readonly id: string
  readonly title: string
  readonly about?: string
  readonly group: string
  readonly run: () => void
}

/** Where ⌘K was asked. */
export type CommandContext = {
  /** null outside of an organization. */
  readonly organization: string | null
  readonly mode: Mode
  /** Whether the person may do it in that organization. */
  readonly may: (permission: Permission) => boolean
  /** Goes to a URL of the web app. */
  readonly go: (url: string) => void
}

/** Finds things by what is typed: keys, models, organizations, a request's id. Asked after a pause, and again for each text. */
export type CommandSource = {
  readonly id: string
  readonly needs: Permission | 'operator' | null
  readonly find: (text: string, context: CommandContext, signal: AbortSignal) => Promise<readonly Command[]>
}
