/** What charts are made of. */

export type Series = {
  readonly id: string
  readonly title: string
  /** Of the theme: `mart.6`. */
  readonly color: string
}

export type TimePoint = {
  /** ISO 8601, UTC: where it begins. */
  readonly at: string
  readonly values: Readonly<Record<string, number>>
}

export type TimeChartProps = {
  /** What it shows: `Spend by model`. */
  readonly label: string
  readonly series: readonly Series[]
  /** In order of time. A value may be a rounded float: it is drawn, never added up. */
  readonly points: readonly TimePoint[]
  /** A value, for the axis and for whoever points at it; `point` is null on the axis, and leads to what is exact. */
  readonly shown: (value: number, series: Series | null, point: TimePoint | null) => string
  /** A time, for the axis and the table. */
  readonly shownAt: (at: string) => string
  readonly height?: number
  /** Told what was dragged over: from a point to the end of another one. */
  readonly onBrush?: (from: TimePoint, to: TimePoint) => void
}
