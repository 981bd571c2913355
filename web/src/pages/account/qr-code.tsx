import { encode } from 'uqr'

const quietModules = 2
const sidePx = 192

/** Drawn here: what it says goes to nobody. Dark on light in both schemes, because readers expect that. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { border: quietModules })
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg role="img" aria-label={label} width={sidePx} height={sidePx} viewBox={`0 0 ${size} ${size}`}>
      <rect width={size} height={size} rx={1} fill="#ffffff" />
      <path d={path} fill="#17211c" shapeRendering="crispEdges" />
    </svg>
  )
}
