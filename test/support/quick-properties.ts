/** Loaded in front of `npm test -- --unit`: a property is looked at for so long, not for all of its runs. */
import fc from 'fast-check'

fc.configureGlobal({ interruptAfterTimeLimit: 60 })
