/** Errors of a scenario that say nothing against the client or the hub under test. */

/** A fault that was armed never fired, or a Given failed: the scenario has no verdict. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
}

/** The client or the hub does not offer the capability: the scenario does not apply. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported'
}
