/** Warnings for calls that the documentation deprecates: one for each call, as a deprecation warning of Node. */

/** @param replacement - the attribute to use instead. */
export function warnDeprecated(call: string, replacement: string): void {
  process.emitWarning(
    `${call} is deprecated as of version 2.3.0. We recommend that you use the .${replacement} property to set a handler instead`,
    { type: 'DeprecationWarning', code: 'IOTHUB_DEPRECATED' },
  )
}
