/** Loaded in front of `npm test -- --unit`: a property is looked at for so long, not for all of its runs. */
import fc from 'fast-check'

fc.configureGlobal({
  interruptAfterTimeLimit: 20,
  // On a machine that has much else to do no run may have ended by then, which says nothing.
  reporter: (ran) => {
    if (ran.failed && ran.counterexample !== null) throw new Error(fc.defaultReportMessage(ran))
  },
})
