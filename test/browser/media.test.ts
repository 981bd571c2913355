/** What the sandbox makes is what a browser shows: videos play, pictures of every format appear. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { imageMimeTypes, drawImage } from '../../src/sandbox/image.ts'
import { drawSpritesheet, drawThumbnail, drawVideo } from '../../src/sandbox/video.ts'
import { chromiumPath, openPage, startBrowser } from '../support/browser.ts'

const wish = { prompt: 'A cat playing piano in a jazz bar', width: 1_280, height: 720, seconds: 4 }
const dataUrl = (type: string, base64: string): string => `data:${type};base64,${base64}`
const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const title =
  chromiumPath === null ? 'what the sandbox makes (skipped: there is no Chromium here)' : 'what the sandbox makes'

describe.skipIf(chromiumPath === null)(title, () => {
  let browser: Browser
  beforeAll(async () => void (browser = await startBrowser()), 60_000)
  afterAll(() => browser.close())

  test('a video plays from its beginning to its end, and moves', async () => {
    const { page, complaints, close } = await openPage(browser, 'about:blank', {})
    const src = dataUrl('video/mp4', base64Of(await drawVideo(wish)))
    const shown = await page.evaluate(
      `(async (src) => {
        const video = Object.assign(document.createElement('video'), { src, muted: true, playbackRate: 8 })
        const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 })
        const frame = async (at) => {
          // What is sought may be shown a moment later.
          const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve))
          video.currentTime = at
          await new Promise((resolve, reject) => Object.assign(video, { onseeked: resolve, onerror: () => reject(video.error) }))
          await shown
          const context = canvas.getContext('2d')
          context.drawImage(video, 0, 0)
          return context.getImageData(0, 0, 1280, 720).data.join()
        }
        await new Promise((resolve, reject) => Object.assign(video, { onloadeddata: resolve, onerror: () => reject(video.error) }))
        const [first, later] = [await frame(0.1), await frame(2)]
        video.currentTime = 0
        await video.play()
        await new Promise((resolve) => (video.onended = resolve))
        return { size: [video.videoWidth, video.videoHeight], seconds: video.duration, end: video.currentTime, moves: first !== later }
      })(${JSON.stringify(src)})`,
    )
    expect(shown).toEqual({ size: [1_280, 720], seconds: 4, end: 4, moves: true })
    expect(complaints).toEqual([])
    await close()
  }, 60_000)

  test('pictures of every format, and what a video has beside it, are shown', async () => {
    const { page, complaints, close } = await openPage(browser, 'about:blank', {})
    const pictures = [
      ...(await Promise.all(
        imageMimeTypes.map(async (mimeType) => dataUrl(mimeType, await drawImage({ ...wish, mimeType }))),
      )),
      dataUrl('image/webp', base64Of(await drawThumbnail(wish))),
      dataUrl('image/jpeg', base64Of(await drawSpritesheet(wish))),
    ]
    const sizes = await page.evaluate(
      `Promise.all(${JSON.stringify(pictures)}.map(async (src) => {
        const image = Object.assign(new Image(), { src })
        await image.decode()
        return image.naturalWidth + 'x' + image.naturalHeight
      }))`,
    )
    expect(sizes).toEqual(['1280x720', '1280x720', '1280x720', '1280x720', '1280x360'])
    expect(complaints).toEqual([])
    await close()
  }, 60_000)
})
