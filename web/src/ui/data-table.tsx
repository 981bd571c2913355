import { Button, Group, Skeleton, Table, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import { memo, useCallback, useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { ChooseColumns, useChosenColumns } from './choose-columns.tsx'
import classes from './data-table.module.css'
import { Waiting } from './waiting.tsx'

export type Column<Row> = {
  readonly id: string
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Figures stand right. */
  readonly align?: 'right'
  /** Whether one may sort by it; and which way the first click does. */
  readonly sorts?: Direction
  /** Not shown until somebody chooses it. The first column always is. */
  readonly isHidden?: boolean
}
export type Direction = 'up' | 'down'
export type Sort = { readonly by: string; readonly direction: Direction }

export type DataTableProps<Row> = {
  /** What is remembered of it is by this name: `keys`. */
  readonly name: string
  /** What is listed, for those who cannot see it: `Keys of this organization`. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  /** undefined while they are on their way. */
  readonly rows: readonly Row[] | undefined
  /** Whether they are what was asked for before, until what is asked for now is there. */
  readonly isStale?: boolean
  readonly rowId: (row: Row) => string
  readonly sort?: Sort | undefined
  readonly onSort?: (sort: Sort) => void
  /** Opens a row, in a drawer or on a page of its own. Its first cell is then a button. */
  readonly onOpen?: (row: Row) => void
  /** The row that is open. */
  readonly openId?: string | null | undefined
  /** Further pages; `load` is asked for by a button. */
  readonly more?: { readonly hasMore: boolean; readonly isLoading: boolean; readonly load: () => void }
  /** Filters and actions above. */
  readonly toolbar?: ReactNode
  readonly empty: ReactNode
}

const skeletonRows = 6

/** Rows of anything: sorted, with columns to choose, by keyboard, under a head that stays; on a phone as cards. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { name, columns, rows, isStale = false, toolbar, empty, more } = props
  const isNarrow = useMediaQuery('(max-width: 47.99em)', undefined, { getInitialValueInEffect: false })
  const { shown, chosen, choose } = useChosenColumns(name, columns)
  const isEmpty = rows !== undefined && rows.length === 0
  return (
    <div>
      <Group justify="space-between" align="flex-start" mb="sm" gap="sm" wrap="nowrap">
        <div style={{ minWidth: 0 }}>{toolbar}</div>
        {!isNarrow && columns.length > 2 && <ChooseColumns columns={columns} chosen={chosen} onChoose={choose} />}
      </Group>
      <Waiting is={isStale}>
        {isEmpty ? empty : isNarrow ? <Cards {...props} shown={shown} /> : <Sheet {...props} shown={shown} />}
      </Waiting>
      {more?.hasMore && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={more.isLoading} onClick={more.load}>
            Show more
          </Button>
        </Group>
      )}
    </div>
  )
}

type ShownProps<Row> = DataTableProps<Row> & { readonly shown: readonly Column<Row>[] }

const Sheet = <Row,>(props: ShownProps<Row>) => {
  const { label, shown, rows, rowId, openId, onOpen } = props
  const open = useSteady(onOpen)
  return (
    // It scrolls by itself, so whoever has only a keyboard must get into it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={classes['sheet']} aria-label={label} tabIndex={0}>
      {/* Another one once rows are there: nothing of what stood before moves. */}
      <Table
        key={rows === undefined ? 'waiting' : 'there'}
        className={classes['table'] ?? ''}
        highlightOnHover={onOpen !== undefined}
      >
        <Table.Thead>
          <Table.Tr>
            {shown.map((column) => (
              <Head key={column.id} column={column} {...props} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={moveBetweenRows}>
          {rows === undefined
            ? Array.from({ length: skeletonRows }, (_, at) => <SkeletonRow key={at} columns={shown.length} />)
            : rows.map((row) => (
                <Row key={rowId(row)} row={row} shown={shown} isOpen={rowId(row) === openId} onOpen={open} />
              ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

type RowProps<Row> = {
  readonly row: Row
  readonly shown: readonly Column<Row>[]
  readonly isOpen: boolean
  readonly onOpen: ((row: Row) => void) | undefined
}

/** Made anew for another row alone: what else happens on a page costs a long list nothing. */
const Row = memo(<Row,>({ row, shown, isOpen, onOpen }: RowProps<Row>) => (
  <Table.Tr
    data-open={isOpen || undefined}
    className={onOpen ? (classes['openable'] ?? '') : ''}
    onClick={onOpen && ((event) => isOnRow(event.target) && onOpen(row))}
  >
    {shown.map((column, at) => (
      <Table.Td key={column.id} ta={column.align ?? 'left'}>
        {at === 0 ? <First row={row} column={column} onOpen={onOpen} /> : column.cell(row)}
      </Table.Td>
    ))}
  </Table.Tr>
)) as <Row>(props: RowProps<Row>) => ReactNode

/** The same function for as long as there is one, which calls the one that there is. */
function useSteady<Argument>(call: ((argument: Argument) => void) | undefined) {
  const now = useRef(call)
  useEffect(() => {
    now.current = call
  })
  const steady = useCallback((argument: Argument) => now.current?.(argument), [])
  return call && steady
}

type HeadProps<Row> = Pick<DataTableProps<Row>, 'sort' | 'onSort'> & { readonly column: Column<Row> }

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { id, title, align = 'left', sorts } = column
  const direction = sort?.by === id ? sort.direction : null
  const ariaSort = direction === null ? 'none' : direction === 'up' ? 'ascending' : 'descending'
  if (sorts === undefined || !onSort) return <Table.Th ta={align}>{title}</Table.Th>
  const next: Direction = direction === null ? sorts : direction === 'up' ? 'down' : 'up'
  const Arrow = direction === null ? IconArrowsSort : direction === 'up' ? IconArrowUp : IconArrowDown
  return (
    <Table.Th ta={align} aria-sort={ariaSort}>
      <UnstyledButton
        className={classes['sort']}
        data-sorted={direction !== null || undefined}
        onClick={() => onSort({ by: id, direction: next })}
      >
        {title}
        <Arrow size={13} aria-hidden />
      </UnstyledButton>
    </Table.Th>
  )
}

type FirstProps<Row> = Pick<RowProps<Row>, 'row' | 'onOpen'> & { readonly column: Column<Row> }

/** What opens the row by keyboard. */
const First = <Row,>({ row, column, onOpen }: FirstProps<Row>) =>
  onOpen ? (
    <UnstyledButton className={classes['first']} data-row-button onClick={() => onOpen(row)}>
      {column.cell(row)}
    </UnstyledButton>
  ) : (
    column.cell(row)
  )

const SkeletonRow = ({ columns }: { readonly columns: number }) => (
  <Table.Tr>
    {Array.from({ length: columns }, (_, at) => (
      <Table.Td key={at}>
        <Skeleton height={14} my={4} width={at === 0 ? '70%' : '45%'} />
      </Table.Td>
    ))}
  </Table.Tr>
)

function Cards<Row>({ label, shown, rows, rowId, onOpen }: ShownProps<Row>) {
  const [first, ...others] = shown
  if (rows === undefined) return <Skeleton height={320} radius="lg" />
  return (
    <ul className={classes['cards']} aria-label={label}>
      {rows.map((row) => (
        <li key={rowId(row)} className={classes['card']}>
          <div className={classes['card-title']}>{first && <First row={row} column={first} onOpen={onOpen} />}</div>
          <dl>
            {others.map((column) => (
              <Line key={column.id} column={column} row={row} />
            ))}
          </dl>
        </li>
      ))}
    </ul>
  )
}

type LineProps<Row> = { readonly column: Column<Row>; readonly row: Row }

/** Of what a row has nothing of, nothing is said. */
function Line<Row>({ column: { id, title, cell }, row }: LineProps<Row>) {
  const shown = cell(row)
  if (shown === false || shown === null || shown === undefined) return null
  return (
    <div>
      <dt>{title === '' ? <VisuallyHidden>{id}</VisuallyHidden> : title}</dt>
      <dd>{shown}</dd>
    </div>
  )
}

/** A click on a link or a button within the row is for that. */
const isOnRow = (target: EventTarget): boolean =>
  target instanceof Element && !target.closest('a, button, input, label')

/** Arrow up and down go from row to row. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row-button]')]
  const next = buttons[buttons.indexOf(document.activeElement as HTMLElement) + step]
  if (!next || !buttons.includes(document.activeElement as HTMLElement)) return
  event.preventDefault()
  next.focus()
}
