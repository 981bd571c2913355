/** `npm run example -- python/text.py`: runs an example of the API reference. Pictures are saved in the folder it is called from. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { makePythonEnvironment, python } from './python.mjs'
import { bun, installWhatIsMissing, note, root, runInPlace } from './toolchain.mjs'

const folder = join(root, 'examples')
const [name = ''] = process.argv.slice(2)

const examples = () =>
  ['python', 'typescript', 'curl'].flatMap((language) =>
    readdirSync(join(folder, language)).map((file) => `${language}/${file}`),
  )

function refuse(reason) {
  note(reason)
  process.exit(2)
}

if (!examples().includes(name)) refuse(`usage: npm run example NAME; names: ${examples().join(', ')}`)
for (const variable of ['AICREDITMART_BASE_URL', 'AICREDITMART_API_KEY'])
  if (!process.env[variable])
    refuse(`${variable} is not set; \`npm start\` says both, examples/README.md how they are set`)

installWhatIsMissing()
const isPython = name.startsWith('python/')
const noPython = isPython ? makePythonEnvironment() : null
if (noPython) refuse(noPython)
// What npm calls it from is the caller's folder, not where it runs scripts.
const interpreter = isPython ? python : name.startsWith('curl/') ? 'sh' : bun
runInPlace(interpreter, [join(folder, name)], { cwd: process.env.INIT_CWD ?? process.cwd() })
