import { IconHammer } from '@tabler/icons-react'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'

/** Stands in for a page that is being built. */
export const SoonPage = ({ title }: { readonly title: string }) => (
  <>
    <PageHead title={title} />
    <Empty icon={IconHammer} title="This page is being built" />
  </>
)
