import { Button, Stack } from '@mantine/core'
import { IconLifebuoy, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageServiceRequestJson, PageServiceRequestListJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { serviceRequestColumns } from '../../ui/service-request-columns.tsx'
import { kindWords } from '../../ui/service-request.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { AskService } from './ask-service.tsx'
import { ServiceRequestFacts } from './service-request-facts.tsx'
import { servicePath } from './service-path.ts'

export function ServicePage() {
  const { organization, may } = useOrganization()
  const { data, error, refetch } = useQuery({
    queryKey: organizationKey(organization.id, null, 'service-requests'),
    queryFn: ({ signal }) => ask<PageServiceRequestListJson>(servicePath(organization.id), { signal }),
    refetchInterval: 15_000,
  })
  const [openId, setOpenId] = useState<string | null>(null)
  const [isAsking, setAsking] = useState(false)
  const open = data?.data.find(({ id }) => id === openId)
  const create = may('service.write') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAsking(true)}>
      Ask for something
    </Button>
  )
  return (
    <>
      <PageHead
        title="Service requests"
        about="What only the operators of this gateway can do: they answer here, and what they approve holds at once."
        actions={create}
      />
      {error ? (
        <Trouble error={error} title="The service requests could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="service-requests"
          label="Service requests of this organization"
          columns={serviceRequestColumns}
          rows={data?.data}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => setOpenId(id)}
          empty={
            <Empty icon={IconLifebuoy} title="Nothing asked yet" action={create}>
              Ask for a higher limit, for the EU, or for an exposed key to be rotated.
            </Empty>
          }
        />
      )}
      <SidePanel
        isOpen={open !== undefined}
        onClose={() => setOpenId(null)}
        title={open ? kindWords[open.kind].title : 'Request'}
      >
        {open && <Details of={open} />}
      </SidePanel>
      {isAsking && <AskService onClose={() => setAsking(false)} />}
    </>
  )
}

function Details({ of }: { readonly of: PageServiceRequestJson }) {
  const { organization, may } = useOrganization()
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => ask(`${servicePath(organization.id)}/${of.id}/withdraw`, { method: 'POST', body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: organizationKey(organization.id, null, 'service-requests') }),
  })
  return (
    <Stack gap="lg">
      <ServiceRequestFacts of={of} />
      {error && <Trouble error={error} />}
      {of.state === 'open' && may('service.write') && (
        <Button variant="default" loading={isPending} onClick={() => mutate()}>
          Take it back
        </Button>
      )}
    </Stack>
  )
}
