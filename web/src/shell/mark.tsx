import classes from './mark.module.css'

/** The product's mark and name; leads to the public page. */
export const Mark = () => (
  <a className={classes['mark']} href="/">
    <svg width="24" height="24" viewBox="0 0 26 26" aria-hidden="true">
      <rect width="26" height="26" rx="7" fill="var(--mart-color-accent)" />
      <path
        d="M7 17.5 11 8l4 9.5M8.4 14.6h5.2M18.5 8v9.5"
        fill="none"
        stroke="var(--mart-color-page)"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
    AICreditMart
  </a>
)
