import { Outlet } from '@tanstack/react-router'
import { Mark } from './mark.tsx'
import classes from './outside.module.css'

/** Around the pages of those who are not signed in: nothing but the page. */
export const Outside = () => (
  <div className={classes['outside']}>
    <header>
      <Mark />
    </header>
    <main id="content" className={classes['content']}>
      <Outlet />
    </main>
    <footer className={classes['footer']}>
      <a href="/docs">API reference</a>
      <a href="/">About this gateway</a>
    </footer>
  </div>
)
