/** The shape of something, beside its figure, which says the rest. Drawn without the charts' library, so that it is there at once. */

const [width, height, edge] = [96, 36, 2]

export const Sparkline = ({ values }: { readonly values: readonly number[] }) => {
  const line = pointsOf(values)
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden
      style={{ flex: 'none', marginBottom: 6 }}
    >
      <polygon
        points={`0,${height} ${line} ${width},${height}`}
        fill="var(--mantine-color-mart-5)"
        fillOpacity={0.14}
      />
      <polyline
        points={line}
        fill="none"
        stroke="var(--mantine-color-mart-5)"
        strokeWidth={1.5}
        strokeLinejoin="round"
      />
    </svg>
  )
}

/** From nothing at the bottom to the largest at the top. */
function pointsOf(values: readonly number[]): string {
  const largest = Math.max(...values, 0) || 1
  const step = width / Math.max(1, values.length - 1)
  return values
    .map(
      (value, at) =>
        `${(at * step).toFixed(1)},${(height - edge - (value / largest) * (height - 2 * edge)).toFixed(1)}`,
    )
    .join(' ')
}
