/** A picture that a response draws: what a call for pictures would make of the tool's fields. */
import { attachmentTokens } from '../../prompt.ts'
import { countTokens } from '../../tokens.ts'
import { aboutOf, draw, partialTokens, pictureTokens } from '../images/images.ts'
import { parseImagesCall } from '../images/images-call.ts'
import type { ImageItem } from './output-item.ts'
import type { ImageTool } from './tool-fields.ts'

const promptCharactersMax = 4_000

/** The model that draws. */
export const pictureModel = ({ model }: ImageTool): string => model ?? 'gpt-image-2'

/** What is to be drawn; `images`: how many pictures the last message has, to draw from. */
type PictureWish = { readonly question: string; readonly isStream: boolean; readonly images: number }

/** Draws it. Refuses with 400 or 404 what cannot be drawn. Partial pictures are of streams alone. */
export async function drawnItem(tool: ImageTool, wish: PictureWish): Promise<Omit<ImageItem, 'id'>> {
  const { type: _, action: _action, input_fidelity: _fidelity, input_image_mask: _mask, ...fields } = tool
  const { question, isStream, images } = wish
  const prompt = question.slice(0, promptCharactersMax) || 'Something'
  const call = parseImagesCall(JSON.stringify({ ...fields, model: pictureModel(tool), prompt, stream: isStream }))
  return {
    kind: 'image_generation_call',
    isCut: false,
    about: aboutOf(call),
    prompt,
    partials: await Promise.all(Array.from({ length: call.partials }, (_, at) => draw(call, 0, at + 1))),
    picture: await draw(call, 0),
    action: images > 0 && tool.action !== 'generate' ? 'edit' : 'generate',
    textTokens: countTokens(prompt),
    imageTokens: tool.action === 'generate' ? 0 : images * attachmentTokens.IMAGE,
    outputTokens: pictureTokens(call) + call.partials * partialTokens,
    partialTokens,
  }
}
