import { Button, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { IconLifebuoy } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  OperatorApprovedServiceRequestJson,
  PageServiceRequestJson,
  PageServiceRequestListJson,
} from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { Secret } from '../../ui/secret.tsx'
import { serviceRequestColumns } from '../../ui/service-request-columns.tsx'
import { kindWords } from '../../ui/service-request.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { organizationsQuery } from '../operator-organizations/organizations-query.ts'
import { ServiceRequestFacts } from '../service/service-request-facts.tsx'

const path = '/api/operator/service-requests' as const
const queryKey = ['operator', 'service-requests'] as const
type Shown = 'open' | 'all'

export function OperatorServiceRequestsPage() {
  const [shown, setShown] = useState<Shown>('open')
  const [openId, setOpenId] = useState<string | null>(null)
  const { data, error, refetch } = useQuery({
    queryKey: [...queryKey, shown],
    queryFn: ({ signal }) =>
      ask<PageServiceRequestListJson>(path, { query: { state: shown === 'open' ? 'open' : undefined }, signal }),
    refetchInterval: 15_000,
  })
  const open = data?.data.find(({ id }) => id === openId)
  return (
    <>
      <PageHead
        title="Service requests"
        about="What organizations ask for. What you approve is done at once, and written in the audit log."
      />
      {error ? (
        <Trouble error={error} title="The service requests could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="operator-service-requests"
          label="Service requests"
          columns={columns}
          rows={data?.data}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => setOpenId(id)}
          toolbar={
            <SegmentedControl
              aria-label="Which"
              size="sm"
              value={shown}
              onChange={setShown}
              data={[
                { value: 'open', label: 'Open' },
                { value: 'all', label: 'All' },
              ]}
            />
          }
          empty={
            <Empty icon={IconLifebuoy} title="Nobody waits for an answer">
              Members ask for limits, regions and rotated keys on their own page; it stands here then.
            </Empty>
          }
        />
      )}
      <SidePanel
        isOpen={open !== undefined}
        onClose={() => setOpenId(null)}
        title={open ? kindWords[open.kind].title : 'Request'}
      >
        {open && <Answer key={open.id} of={open} />}
      </SidePanel>
    </>
  )
}

const [asked, ...others] = serviceRequestColumns
const columns: readonly Column<PageServiceRequestJson>[] = [
  asked!,
  { id: 'organization', title: 'Organization', cell: (of) => <OrganizationName id={of.organizationId} /> },
  ...others,
]

function OrganizationName({ id }: { readonly id: string }) {
  const { data } = useQuery(organizationsQuery)
  return <>{data?.data.find((each) => each.id === id)?.name ?? id}</>
}

type Verb = 'approve' | 'decline'

function Answer({ of }: { readonly of: PageServiceRequestJson }) {
  const [verb, setVerb] = useState<Verb | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  return (
    <Stack gap="lg">
      <ServiceRequestFacts of={of} />
      {of.state === 'open' && (
        <Group gap="xs">
          <Button onClick={() => setVerb('approve')}>Approve</Button>
          <Button variant="default" c="red" onClick={() => setVerb('decline')}>
            Decline
          </Button>
        </Group>
      )}
      {verb !== null && <Verdict of={of} verb={verb} onClose={() => setVerb(null)} onSecret={setSecret} />}
      {secret !== null && (
        <Dialog title="The new secret" onClose={() => setSecret(null)} size="lg" isSticky>
          <Secret value={secret} label="The new secret" />
        </Dialog>
      )}
    </Stack>
  )
}

type VerdictProps = {
  readonly of: PageServiceRequestJson
  readonly verb: Verb
  readonly onClose: () => void
  readonly onSecret: (secret: string) => void
}

function Verdict({ of, verb, onClose, onSecret }: VerdictProps) {
  const [note, setNote] = useState('')
  const client = useQueryClient()
  const isApproval = verb === 'approve'
  const answer = async (): Promise<void> => {
    const said = note.trim()
    const body = isApproval ? { note: said === '' ? null : said } : { note: said }
    const answered = await ask<Partial<OperatorApprovedServiceRequestJson>>(`${path}/${of.id}/${verb}`, {
      method: 'POST',
      body,
    })
    await client.invalidateQueries({ queryKey })
    if (answered.key) onSecret(answered.key)
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`${isApproval ? 'Approve' : 'Decline'}: ${kindWords[of.kind].title.toLowerCase()}?`}
      confirm={isApproval ? 'Approve' : 'Decline'}
      isDangerous={!isApproval}
      onConfirm={answer}
    >
      <Stack gap="sm">
        <Text>
          {isApproval
            ? 'What is asked for is done at once, with this request’s end, in one go.'
            : 'Nothing is changed. Whoever asked reads your note.'}
        </Text>
        <Textarea
          label="Note"
          description={isApproval ? 'For whoever asked; may stay empty.' : 'For whoever asked.'}
          required={!isApproval}
          maxLength={2_000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </Stack>
    </ConfirmDialog>
  )
}
