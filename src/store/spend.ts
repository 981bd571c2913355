/** What of a charge each kind of usage is: how reports tell spend by classes, of one request and of all. */
import type { ReceiptLine, Settlement } from './settlement.ts'

/** `image`: pictures that were made; `tool`: searches, and what a tool's own model read and wrote beside its pictures. */
export const spendKinds = ['input', 'cachedInput', 'output', 'reasoning', 'image', 'video', 'tool'] as const
export type SpendKind = (typeof spendKinds)[number]
/** Nano-USD of each kind; they add up to the charge. */
export type Spend = Record<SpendKind, bigint>

const noSpend = (): Spend => ({
  input: 0n,
  cachedInput: 0n,
  output: 0n,
  reasoning: 0n,
  image: 0n,
  video: 0n,
  tool: 0n,
})

const picoPerNano = 1_000n

/**
 * The charge by what it is for. It is rounded once, over all lines, and may be less than they are; so the lines are
 * taken in the receipt's order, each up to where it ends in whole nano-USD, and the last to the end of the charge.
 */
export function spendOf({ lines, chargeNano }: Pick<Settlement, 'lines' | 'chargeNano'>): Spend {
  const spend = noSpend()
  const charge = BigInt(chargeNano)
  let [pico, spent] = [0n, 0n]
  for (const [index, line] of lines.entries()) {
    pico += BigInt(line.amountPico)
    const upTo = pico / picoPerNano
    const end = index === lines.length - 1 || upTo > charge ? charge : upTo
    spend[kindOf(line)] += end - spent
    spent = end
  }
  if (lines.length === 0) spend.tool += charge
  return spend
}

/** Whether anything of it is a picture or a film: of nearly nothing is. */
export function hasMedia(lines: readonly ReceiptLine[]): boolean {
  for (const line of lines) {
    const kind = kindOf(line)
    if (kind === 'image' || kind === 'video') return true
  }
  return false
}

/** How many there are of what is so. */
export function secondsOfVideo(lines: readonly ReceiptLine[]): number {
  let seconds = 0
  for (const line of lines) if (kindOf(line) === 'video') seconds += line.quantity
  return seconds
}

/** Those of `money/usage.ts`, and what a later version may have beside them. */
const kinds: Readonly<Record<string, SpendKind>> = {
  input: 'input',
  cacheWrite: 'input',
  audioInput: 'input',
  imageInput: 'input',
  videoInput: 'input',
  cachedInput: 'cachedInput',
  cachedAudioInput: 'cachedInput',
  cachedImageInput: 'cachedInput',
  cachedVideoInput: 'cachedInput',
  output: 'output',
  audioOutput: 'output',
  reasoning: 'reasoning',
  imageOutput: 'image',
  toolImageOutput: 'image',
  videoSecond: 'video',
  videoSecond1024p: 'video',
  videoSecond1080p: 'video',
}
const kindOf = ({ class: usageClass }: ReceiptLine): SpendKind => kinds[usageClass] ?? 'tool'
