/**
 * Copies what a button stands for: its `data-copy`, or else the code of its article. Browsers give pages without TLS no clipboard, except on this very machine;
 * there the old way still works.
 */
export const copyScript = `
const said = document.getElementById('said')
function copyTheOldWay(text) {
  const area = Object.assign(document.createElement('textarea'), { value: text })
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true } catch { return copyTheOldWay(text) }
}
for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', async () => {
    const done = await copy(button.dataset.copy ?? button.closest('article').querySelector('code').textContent)
    button.focus()
    button.textContent = done ? 'Copied' : 'Not copied'
    said.textContent = done ? 'Copied to the clipboard' : 'The browser did not allow copying'
    button.classList.toggle('done', done)
    setTimeout(() => { button.textContent = 'Copy'; button.classList.remove('done'); said.textContent = '' }, 1800)
  })
}
`
