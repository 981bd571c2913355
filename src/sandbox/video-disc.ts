/** Where the disc of a video is when so much of it has passed, 0 to 1. */
export function discAt(width: number, height: number, progress: number) {
  const radius = Math.round(Math.min(width, height) / 12)
  const x = Math.round(radius + progress * (width - 2 * radius))
  const y = Math.round(height / 2 + (Math.sin(progress * 2 * Math.PI) * height) / 5)
  return { x, y, radius }
}
