/** What an MP4's boxes say of itself: the movie header has its length, the H.264 sample entry its size (ISO 14496-12). */
export function describeMp4(bytes: Buffer): string {
  const header = bytes.indexOf('mvhd') + 4
  const sample = bytes.indexOf('avc1') + 4
  const seconds = bytes.readUInt32BE(header + 16) / bytes.readUInt32BE(header + 12)
  const size = `${bytes.readUInt16BE(sample + 24)}x${bytes.readUInt16BE(sample + 26)}`
  return `${size}, ${Math.round(seconds * 100) / 100} s`
}
