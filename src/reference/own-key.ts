/**
 * The reader's own key in every example: pasted, or for whoever is signed in a pass of one of their keys, which works for
 * some minutes. It is in the page's memory alone. Nothing is asked of the server before somebody opens it, so that
 * reading wakes nothing; and without scripts it is not there.
 */
export const ownKeyPanel = `<details class="own-key" hidden><summary>Your key in the examples</summary><div>
<p><label for="own-key">Paste a key</label><input id="own-key" type="password" placeholder="sk-bf-…" autocomplete="off" spellcheck="false"></p>
<p class="choose" hidden><label for="key-choice">Or choose one of yours</label><select id="key-choice"></select></p>
<p class="told" role="status">In this page’s memory alone: in no address, in no storage, and gone with the page.</p>
</div></details>`

export const ownKeyScript = `
const holder = /YOUR_API_KEY|sk-bf-x{8}(?:-x{4}){3}-x{12}/g
const places = []
const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
while (texts.nextNode()) {
  const { currentNode: node } = texts
  if (node.data.search(holder) >= 0 && node.parentElement.closest('.code')) places.push([node, node.data])
}
const own = document.querySelector('.own-key')
const pasted = own.querySelector('#own-key')
const choice = own.querySelector('#key-choice')
const told = own.querySelector('.told')
const beginning = told.textContent
own.hidden = places.length === 0
let ending
const fill = (secret, words) => {
  clearTimeout(ending)
  for (const [node, text] of places) node.data = secret === null ? text : text.replaceAll(holder, () => secret)
  told.textContent = words
}
pasted.addEventListener('input', () => {
  const text = pasted.value.trim()
  choice.value = ''
  if (text === '') fill(null, beginning)
  else if (/^sk-bf-[0-9a-f-]{36}$/i.test(text)) fill(text, 'It stands in every example of this page, until you leave it.')
  else fill(null, 'A key is sk-bf- and 36 characters.')
})
const askPages = async (path, init) => {
  const answer = await fetch(path, init)
  const json = await answer.json()
  if (!answer.ok) throw new Error(json.error.message)
  return json
}
const keysAt = (id) => '/api/organizations/' + encodeURIComponent(id) + '/keys'
const listKeys = async () => {
  const { person, organizations } = await askPages('/api/session')
  if (person === null) return
  const usable = organizations.filter(({ role }) => ['owner', 'admin', 'developer'].includes(role))
  let last = null
  try { last = localStorage.getItem('mart-last-organization') } catch {}
  const organization = usable.find(({ id }) => id === last) ?? usable[0]
  if (!organization) return
  const groups = await Promise.all(['test', 'live'].map(async (mode) => {
    const { data } = await askPages(keysAt(organization.id) + '?mode=' + mode)
    const group = Object.assign(document.createElement('optgroup'), { label: organization.name + ', ' + mode })
    group.append(...data.filter(({ state }) => state === 'active').map(({ id, name, prefix }) =>
      new Option(name || prefix + '…', keysAt(organization.id) + '/' + encodeURIComponent(id) + '/passes')))
    return group
  }))
  const shown = groups.filter(({ children }) => children.length > 0)
  choice.replaceChildren(new Option('None', ''), ...shown)
  own.querySelector('.choose').hidden = shown.length === 0
}
let listing = null
own.addEventListener('toggle', () => {
  if (own.open) listing ??= listKeys().catch(() => { listing = null })
})
choice.addEventListener('change', async () => {
  pasted.value = ''
  if (choice.value === '') return fill(null, beginning)
  const chosen = choice.value
  try {
    const { secret, until } = await askPages(chosen, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    if (chosen !== choice.value) return
    const time = new Date(until).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    fill(secret, 'A pass of this key stands in every example. It works until ' + time + '; programs of yours need the key itself.')
    ending = setTimeout(() => { choice.value = ''; fill(null, 'The pass has ended. Choose the key again for another.') }, new Date(until) - Date.now())
  } catch (error) {
    fill(null, error.message)
  }
})
addEventListener('keydown', (event) => { if (event.key === 'Escape' && own.open && own.contains(document.activeElement)) { own.open = false; own.querySelector('summary').focus() } })
`
