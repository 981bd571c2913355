import { Button } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'

export const NotFound = () => (
  <>
    <PageHead title="Not found" />
    <Empty
      icon={IconMapOff}
      title="There is no such page"
      action={
        <Button component="a" href="/dashboard" variant="default">
          To the dashboard
        </Button>
      }
    >
      The address may be mistyped, or what it was of may be gone, or it belongs to an organization that you are not a
      member of.
    </Empty>
  </>
)
