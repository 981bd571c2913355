/** The Python environment that `npm test` makes; the reason why there is none otherwise. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './program.ts'

const folder = join(root, '.venv')

export const pythonPath = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
/** The stamp is written last, so it tells a complete environment. */
export const hasPython = existsSync(join(folder, 'requirements.sha256'))
export const noPython = 'no Python environment; `npm test` makes one where Python ≥ 3.10 is installed'
