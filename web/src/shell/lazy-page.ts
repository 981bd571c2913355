import { lazyRouteComponent } from '@tanstack/react-router'
import { loadPart } from '../api/parts.ts'

/** A page that is loaded when it is wanted. Where its build was replaced, the router loads the document anew, once. */
export const lazyPage: typeof lazyRouteComponent = (load, name) => lazyRouteComponent(() => loadPart(load), name)
