/** What a page can do more where scripts run: one choice of language for all examples, and search. Without, it is as readable. */
export const referenceScript = `
const choices = [...document.querySelectorAll('.tabs input')]
const choose = (language) => {
  for (const choice of choices) if (choice.dataset.language === language) choice.checked = true
}
for (const choice of choices) choice.addEventListener('change', () => {
  const before = choice.getBoundingClientRect().top
  choose(choice.dataset.language)
  scrollBy(0, choice.getBoundingClientRect().top - before)
  try { localStorage.setItem('language', choice.dataset.language) } catch {}
})
try { const last = localStorage.getItem('language'); if (last) choose(last) } catch {}

const pages = document.querySelector('.pages')
const wide = matchMedia('(min-width: 900px)')
const fold = () => { pages.open = wide.matches }
wide.addEventListener('change', fold)
fold()

const search = document.querySelector('.search')
const input = search.querySelector('input')
const found = search.querySelector('.found')
search.hidden = false
let index = null
const load = () => index ??= fetch('/docs/search.json').then((answer) => answer.json()).catch(() => [])
const close = () => { found.hidden = true }
const show = async () => {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean)
  if (words.length === 0) return close()
  const sections = await load()
  const matches = sections
    .map((section) => ({ section, rank: words.every((word) => section.title.toLowerCase().includes(word)) ? 0 : words.every((word) => (section.title + ' ' + section.text).toLowerCase().includes(word)) ? 1 : 2 }))
    .filter(({ rank }) => rank < 2).sort((one, other) => one.rank - other.rank).slice(0, 12)
  found.replaceChildren(...matches.map(({ section }) => {
    const link = Object.assign(document.createElement('a'), { href: section.url, textContent: section.title })
    link.append(Object.assign(document.createElement('small'), { textContent: section.page }))
    const item = document.createElement('li')
    item.append(link)
    return item
  }))
  if (matches.length === 0) {
    const item = document.createElement('li')
    item.append(Object.assign(document.createElement('p'), { textContent: 'Nothing found.' }))
    found.append(item)
  }
  found.hidden = false
}
input.addEventListener('focus', load)
input.addEventListener('input', show)
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { close(); input.blur() }
  const isTyping = /^(?:INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && document.activeElement.type !== 'radio'
  if (event.key === '/' && !isTyping) { event.preventDefault(); input.focus() }
  const links = [...found.querySelectorAll('a')]
  if (found.hidden || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return
  event.preventDefault()
  const next = links.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1)
  ;(links[next] ?? input).focus()
})
addEventListener('click', (event) => { if (!search.contains(event.target)) close() })
`
