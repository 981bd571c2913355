/** All of the looks: type, colour, spacing and radius. A page that needs another value needs it here. */
import {
  Anchor,
  Badge,
  Button,
  Card,
  createTheme,
  Menu,
  Modal,
  NavLink,
  Table,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core'

/** The product's green, as on the welcome page and in the reference. */
const mart: MantineColorsTuple = [
  '#ecf7f2',
  '#d5ece1',
  '#a9dac4',
  '#7fd6b2',
  '#5fd3a5',
  '#2f9f74',
  '#17805a',
  '#0f7551',
  '#0b6b4a',
  '#084f37',
]
/** Greys with a little of the green in them, from paper to ink. */
const gray: MantineColorsTuple = [
  '#f7f8f7',
  '#f1f4f2',
  '#e6eae8',
  '#dde2df',
  '#c6cec9',
  '#9aa69f',
  '#6c7871',
  '#55625b',
  '#2f3b35',
  '#17211c',
]
/** Mantine's surfaces of the dark scheme: 0 is its ink, 7 its page. */
const dark: MantineColorsTuple = [
  '#e7eeea',
  '#c3d0c9',
  '#9fb0a8',
  '#6e7f77',
  '#2e3a34',
  '#222c27',
  '#18201c',
  '#0e1311',
  '#0b0f0d',
  '#080b0a',
]
/** What is test, and what somebody should look at. */
const amber: MantineColorsTuple = [
  '#fff8e6',
  '#fdeec4',
  '#f9dd8f',
  '#f2c95a',
  '#e8b52f',
  '#d39d15',
  '#a8770a',
  '#8a6006',
  '#6f4c02',
  '#543900',
]

/** Colours of series in charts, in order: told apart by those who see fewer colours, and in grey. */
export const seriesColors = [
  'mart.5',
  'blue.5',
  'amber.5',
  'grape.5',
  'cyan.6',
  'pink.5',
  'indigo.4',
  'gray.6',
] as const

const mono = "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

export const theme = createTheme({
  colors: { mart, gray, dark, amber },
  primaryColor: 'mart',
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  white: '#ffffff',
  black: '#17211c',
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: mono,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.1875rem' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.55', xl: '1.4' },
  headings: {
    fontWeight: '650',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.2' },
      h2: { fontSize: '1.125rem', lineHeight: '1.3' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2.25rem' },
  radius: { xs: '4px', sm: '6px', md: '9px', lg: '12px', xl: '16px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  shadows: {
    xs: '0 1px 2px rgb(0 0 0 / 5%)',
    sm: '0 2px 8px rgb(0 0 0 / 7%)',
    md: '0 8px 28px rgb(0 0 0 / 12%)',
  },
  components: {
    Anchor: Anchor.extend({ defaultProps: { underline: 'hover' } }),
    // One that is cut short says nothing.
    Badge: Badge.extend({
      defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 550 },
      styles: { root: { minWidth: 'max-content' } },
    }),
    Button: Button.extend({ defaultProps: { fw: 600 } }),
    Card: Card.extend({ defaultProps: { withBorder: true, radius: 'lg', padding: 'lg' } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', radius: 'lg' } }),
    Modal: Modal.extend({ defaultProps: { centered: true, radius: 'lg' } }),
    NavLink: NavLink.extend({ defaultProps: { variant: 'light' } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 'xs', horizontalSpacing: 'sm' } }),
    Tooltip: Tooltip.extend({
      // In the page's own landmark, which nothing that is shown stands outside of.
      defaultProps: {
        withArrow: true,
        openDelay: 250,
        events: { hover: true, focus: true, touch: true },
        portalProps: { target: '#content' },
      },
    }),
  },
})

/** Surfaces and texts; every text has 4.5:1 or better on every surface that it stands on. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    '--mart-frame-width': '232px',
    '--mart-page-width': '1680px',
  },
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': gray[9],
    '--mantine-color-dimmed': gray[7],
    '--mantine-color-anchor': mart[8],
    '--mantine-color-default-border': gray[3],
    '--mantine-color-placeholder': gray[6],
    '--mart-color-page': gray[0],
    '--mart-color-sunk': gray[1],
    '--mart-color-line': gray[3],
    '--mart-color-accent': mart[8],
    '--mart-code-text': '#8a4b08',
    '--mart-code-number': '#6b3fa0',
    '--mart-color-test': '#b45309',
    '--mart-color-test-ink': '#ffffff',
    '--mart-color-test-soft': amber[0],
  },
  dark: {
    '--mantine-color-body': '#151c19',
    '--mantine-color-text': dark[0],
    '--mantine-color-dimmed': dark[2],
    '--mantine-color-anchor': mart[4],
    '--mantine-color-default': '#18201c',
    '--mantine-color-default-hover': '#222c27',
    '--mantine-color-default-border': dark[4],
    // Mantine's own is all but white: what deletes would look like what does not.
    '--mantine-color-red-light-color': 'var(--mantine-color-red-4)',
    '--mantine-color-placeholder': '#84958d',
    '--mart-color-page': '#0e1311',
    '--mart-color-sunk': '#101614',
    '--mart-color-line': '#2a3530',
    '--mart-color-accent': mart[4],
    '--mart-code-text': '#e9b872',
    '--mart-code-number': '#c4a7f5',
    '--mart-color-test': '#f2c95a',
    '--mart-color-test-ink': '#2a1c00',
    '--mart-color-test-soft': '#2a2310',
  },
})
