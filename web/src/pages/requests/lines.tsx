import { Table, Text } from '@mantine/core'
import type { RequestDetailsJson } from '../../../../src/control/contract-pages.ts'
import { Count } from '../../ui/figures.tsx'
import { decimalUsd } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'

type Receipt = NonNullable<RequestDetailsJson['receipt']>

/** The lines of a receipt, each of which multiplies out, and what they come to. */
export const Lines = ({ receipt }: { readonly receipt: Receipt }) => (
  <section aria-label="Receipt">
    <Text size="sm" fw={600} mb={6}>
      Receipt
    </Text>
    {receipt.lines.length === 0 ? (
      <Text size="sm" c="dimmed">
        There is no line on it: nothing was charged.
      </Text>
    ) : (
      <Table layout="auto" horizontalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>What</Table.Th>
            <Table.Th ta="right">Quantity</Table.Th>
            <Table.Th ta="right">Price</Table.Th>
            <Table.Th ta="right">Amount</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {receipt.lines.map((line) => (
            <Table.Tr key={line.class}>
              <Table.Td>{classTitle(line.class)}</Table.Td>
              <Table.Td ta="right">
                <Count value={line.quantity} />
              </Table.Td>
              <Table.Td ta="right">{priceOf(line)}</Table.Td>
              <Table.Td ta="right">{decimalUsd(line.amountUsd)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          {receipt.writeOffNano !== '0' && (
            <Sum title="Not yours to pay: more than was held" nano={receipt.writeOffNano} isLess />
          )}
          <Sum title="Charged, rounded up once" nano={receipt.chargeNano} />
        </Table.Tfoot>
      </Table>
    )}
  </section>
)

type SumProps = { readonly title: string; readonly nano: string; readonly isLess?: boolean }

const Sum = ({ title, nano, isLess = false }: SumProps) => (
  <Table.Tr>
    <Table.Th colSpan={3} scope="row">
      {title}
    </Table.Th>
    <Table.Td ta="right" fw={650}>
      {isLess && '−'}
      <Money nano={nano} copies isWhole />
    </Table.Td>
  </Table.Tr>
)

/** `imageOutput` is `Image output`, `videoSecond1080p` is `Video second 1080p`. */
const classTitle = (name: string): string => {
  const words = name.replaceAll(/[A-Z]|(?<=[a-z])\d/g, (begin) => ` ${begin.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Tokens are priced by the million, as everybody says it. */
const priceOf = ({ unit, usdPerUnit }: Receipt['lines'][number]): string =>
  unit === 'token' ? `${decimalUsd(millionTimes(usdPerUnit))} / M` : `${decimalUsd(usdPerUnit)} / ${unit}`

const digitsOfMillion = 6

/** From text to text: no float touches it. */
function millionTimes(usd: string): string {
  const [whole = '0', fraction = ''] = usd.split('.')
  const digits = fraction.padEnd(digitsOfMillion, '0')
  return `${whole}${digits.slice(0, digitsOfMillion)}.${digits.slice(digitsOfMillion)}0`
}
