/** `npm run build`: installs what is missing to serve, and builds the web app: for an image, or a checkout that nobody may write to later. */
import { installWhatIsMissing } from './toolchain.mjs'
import { buildWebIfChanged } from './web.mjs'

installWhatIsMissing({ toServe: true })
if (!buildWebIfChanged()) process.exitCode = 1
