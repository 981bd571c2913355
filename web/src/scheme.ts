/**
 * Chooses light or dark before anything is painted, so that nobody sees a flash of the other one. Runs by itself, ahead
 * of the app, which reads and writes the same place (Mantine's).
 */
const kept = localStorage.getItem('mantine-color-scheme-value')
const isChosen = kept === 'light' || kept === 'dark'
const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
document.documentElement.dataset['mantineColorScheme'] = isChosen ? kept : system
