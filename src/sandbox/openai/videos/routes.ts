/** The URLs of videos behind `/v1`, at the plain paths and at the poses. */
import type { EndpointRoute } from '../endpoint.ts'
import {
  createCharacter,
  createVideo,
  deleteVideo,
  downloadVideo,
  editVideo,
  extendVideo,
  listVideos,
  remixVideo,
  retrieveCharacter,
  retrieveVideo,
} from './videos.ts'

const id = '([^/]+)'

export const videoRoutes: readonly EndpointRoute[] = [
  ['POST', '/videos', createVideo],
  ['GET', '/videos', listVideos],
  ['POST', '/videos/edits', editVideo],
  ['POST', '/videos/extensions', extendVideo],
  ['POST', '/videos/characters', createCharacter],
  ['GET', `/videos/characters/${id}`, retrieveCharacter],
  ['GET', `/videos/${id}`, retrieveVideo],
  ['DELETE', `/videos/${id}`, deleteVideo],
  ['POST', `/videos/${id}/remix`, remixVideo],
  ['GET', `/videos/${id}/content`, downloadVideo],
  ['HEAD', `/videos/${id}/content`, downloadVideo],
]
