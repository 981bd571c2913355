/** Receipts as a customer reads them, and the arithmetic a customer would redo by hand. */
import type { Settlement } from '../../src/store/store.ts'

/** The receipt of a request, or null when the server knows none. */
export async function receiptOf(baseUrl: string, key: string, requestId: string): Promise<Settlement | null> {
  const response = await fetch(`${baseUrl}/v1/receipts/${requestId}`, { headers: { authorization: `Bearer ${key}` } })
  const body = await response.text()
  if (response.status === 404) return null
  if (response.status !== 200) throw new Error(`receipt ${requestId}: ${response.status} ${body}`)
  return JSON.parse(body) as Settlement
}

/** What is wrong with a receipt's arithmetic, in words; empty when its lines multiply out to the charge. */
export function faultsOf(receipt: Settlement): string[] {
  const faults = receipt.lines.flatMap((line) => {
    const product = BigInt(line.quantity) * BigInt(line.picoPerUnit)
    return product === BigInt(line.amountPico)
      ? []
      : [`${line.class}: ${line.quantity} × ${line.picoPerUnit} = ${product}, not ${line.amountPico}`]
  })
  const totalPico = receipt.lines.reduce((total, line) => total + BigInt(line.amountPico), 0n)
  const ratedNano = (totalPico + 999n) / 1_000n
  if (ratedNano !== BigInt(receipt.ratedNano))
    faults.push(`the lines come to ${ratedNano} nano-USD, not ${receipt.ratedNano}`)
  const owedNano = BigInt(receipt.ratedNano) - BigInt(receipt.writeOffNano)
  if (owedNano !== BigInt(receipt.chargeNano)) {
    faults.push(`charge ${receipt.chargeNano} ≠ rated ${receipt.ratedNano} − written off ${receipt.writeOffNano}`)
  }
  return faults.map((fault) => `${receipt.requestId} (${receipt.endpoint}, ${receipt.model}): ${fault}`)
}
