import type { ErrorComponentProps } from '@tanstack/react-router'
import { ApiTrouble } from '../api/client.ts'
import { PageHead } from '../ui/page-head.tsx'
import { Trouble } from '../ui/trouble.tsx'

/** A part that did not load, or broke, is the same again until the page is loaded. */
const loadAgain = (): void => location.reload()

/** Stands where a page would, when that could not be shown. */
export const PageTrouble = ({ error, reset }: ErrorComponentProps) => (
  <>
    <PageHead title="Trouble" />
    <Trouble
      error={error}
      title="This page could not be shown"
      onRetry={error instanceof ApiTrouble ? reset : loadAgain}
    />
  </>
)
