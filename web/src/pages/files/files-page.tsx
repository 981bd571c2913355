import { ActionIcon, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconDownload, IconFiles, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageFileJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { callWithKey } from '../../api/keyed-call.ts'
import { organizationKey } from '../../api/queries.ts'
import { saveAs } from '../../api/save.ts'
import { useOrganization } from '../../shell/organization.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { When } from '../../ui/figures.tsx'
import { shownBytes } from '../../ui/format.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { Trouble } from '../../ui/trouble.tsx'

type FilePage = { readonly data: readonly PageFileJson[]; readonly hasMore: boolean }

export function FilesPage() {
  const { organization, mode, may } = useOrganization()
  const query = useInfiniteQuery({
    queryKey: organizationKey(organization.id, mode, 'files'),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      ask<FilePage>(`/api/organizations/${organization.id}/files`, { query: { mode, after: pageParam }, signal }),
    getNextPageParam: ({ data, hasMore }) => (hasMore ? data.at(-1)?.id : undefined),
  })
  const [gone, setGone] = useState<PageFileJson | null>(null)
  const columns = may('files.write') ? [...told, actionsOf(organization.id, setGone)] : told
  return (
    <>
      <PageHead
        title="Files"
        about="What your keys uploaded, or had made. Any key of this organization and mode can name them by id."
      />
      {query.error ? (
        <Trouble error={query.error} title="The files could not be read" onRetry={() => void query.refetch()} />
      ) : (
        <DataTable
          name="files"
          label="Files of this organization"
          columns={columns}
          rows={query.data?.pages.flatMap(({ data }) => data)}
          rowId={({ id }) => id}
          more={{
            hasMore: query.hasNextPage,
            isLoading: query.isFetchingNextPage,
            load: () => void query.fetchNextPage(),
          }}
          empty={
            <Empty icon={IconFiles} title="No files yet">
              Upload one with <code>POST /v1/files</code>, up to 512 MB, and name it by its id in chats, responses and
              image edits. Files cost nothing. <a href="/docs/files">How files are used</a>
            </Empty>
          }
        />
      )}
      <DeleteFile file={gone} onClose={() => setGone(null)} />
    </>
  )
}

const told: readonly Column<PageFileJson>[] = [
  {
    id: 'file',
    title: 'File',
    cell: ({ filename, id }) => (
      <Stack gap={0}>
        <Text fw={550} size="sm" truncate maw={320}>
          {filename ?? 'Unnamed'}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace" truncate maw={320}>
          {id}
        </Text>
      </Stack>
    ),
  },
  { id: 'purpose', title: 'Purpose', cell: ({ purpose }) => purpose ?? '–' },
  { id: 'bytes', title: 'Size', align: 'right', cell: ({ bytes }) => (bytes === null ? '–' : shownBytes(bytes)) },
  { id: 'region', title: 'Region', cell: ({ region }) => region.toUpperCase() },
  { id: 'created', title: 'Uploaded', cell: ({ createdAt }) => <When at={createdAt} isAgo /> },
  { id: 'expires', title: 'Expires', cell: ({ expiresAt }) => <When at={expiresAt} isAgo /> },
]

const actionsOf = (organization: string, remove: (file: PageFileJson) => void): Column<PageFileJson> => ({
  id: 'actions',
  title: 'Actions',
  align: 'right',
  cell: (file) => <Actions file={file} organization={organization} remove={remove} />,
})

type ActionsProps = {
  readonly file: PageFileJson
  readonly organization: string
  readonly remove: (file: PageFileJson) => void
}

function Actions({ file, organization, remove }: ActionsProps) {
  const name = file.filename ?? file.id
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const key = { organization, keyId: file.keyId }
      const path = `/v1/files/${encodeURIComponent(file.id)}/content`
      const response = await callWithKey({ dialect: 'openai', key, path, method: 'GET' })
      saveAs(await response.blob(), name)
    },
  })
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      {error && (
        <Text size="xs" c="red" role="alert">
          {error.message}
        </Text>
      )}
      <Tooltip label="Download">
        <ActionIcon
          variant="subtle"
          color="gray"
          loading={isPending}
          onClick={() => mutate()}
          aria-label={`Download ${name}`}
        >
          <IconDownload size={17} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Delete">
        <ActionIcon variant="subtle" color="red" onClick={() => remove(file)} aria-label={`Delete ${name}`}>
          <IconTrash size={17} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  )
}

type DeleteFileProps = { readonly file: PageFileJson | null; readonly onClose: () => void }

function DeleteFile({ file, onClose }: DeleteFileProps) {
  const { organization, mode } = useOrganization()
  const client = useQueryClient()
  if (file === null) return null
  const remove = async (): Promise<void> => {
    const key = { organization: organization.id, keyId: file.keyId }
    await callWithKey({ dialect: 'openai', key, path: `/v1/files/${encodeURIComponent(file.id)}`, method: 'DELETE' })
    await client.invalidateQueries({ queryKey: organizationKey(organization.id, mode, 'files') })
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete “${file.filename ?? file.id}”?`}
      confirm="Delete"
      isDangerous
      onConfirm={remove}
    >
      It is deleted at its provider as well. Requests that name it fail from then on. This cannot be undone.
    </ConfirmDialog>
  )
}
