import type { ErrorComponentProps } from '@tanstack/react-router'
import { Suspense } from 'react'
import { lazyPage } from './lazy-page.ts'
import { ApiTrouble, secondFactorRequired } from '../api/client.ts'
import { PageHead } from '../ui/page-head.tsx'
import { PageSkeleton } from '../ui/page-skeleton.tsx'
import { Trouble } from '../ui/trouble.tsx'

/** A part that did not load, or broke, is the same again until the page is loaded. */
const loadAgain = (): void => location.reload()

/** Stands where a page would, when that could not be shown. */
export const PageTrouble = ({ error, reset }: ErrorComponentProps) =>
  error instanceof ApiTrouble && error.code === secondFactorRequired ? (
    <Suspense fallback={<PageSkeleton />}>
      <ShowSecondFactor reason={error.message} />
    </Suspense>
  ) : (
    <>
      <PageHead title="Trouble" />
      <Trouble
        error={error}
        title="This page could not be shown"
        onRetry={error instanceof ApiTrouble ? reset : loadAgain}
      />
    </>
  )

const ShowSecondFactor = lazyPage(() => import('../pages/account/show-second-factor.tsx'), 'ShowSecondFactor')
