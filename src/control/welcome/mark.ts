/** The product's mark, in the colours of the page that it stands on. */
export const mark = `<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="7" fill="var(--accent)"/><path d="M7 17.5 11 8l4 9.5M8.4 14.6h5.2M18.5 8v9.5" fill="none" stroke="var(--on-accent)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`
