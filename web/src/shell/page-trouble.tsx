import type { ErrorComponentProps } from '@tanstack/react-router'
import { PageHead } from '../ui/page-head.tsx'
import { Trouble } from '../ui/trouble.tsx'

/** Stands where a page would, when that could not be shown. */
export const PageTrouble = ({ error, reset }: ErrorComponentProps) => (
  <>
    <PageHead title="Trouble" />
    <Trouble error={error} title="This page could not be shown" onRetry={reset} />
  </>
)
