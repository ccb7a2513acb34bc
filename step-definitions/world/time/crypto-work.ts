/**
 * Counts what Web Crypto has under way. It works in other threads and Node does not list its requests, so a step would
 * take a client that waits for a certificate to be made for one that waits in vain.
 */

import { webcrypto } from 'node:crypto'

/** What certificates are made with, and takes longer than a turn of the event loop. */
const METHODS = ['generateKey', 'importKey', 'exportKey', 'sign', 'verify', 'digest'] as const

type Method = (...args: unknown[]) => Promise<unknown>

let underWay = 0
const methods = Object.getPrototypeOf(webcrypto.subtle) as Record<(typeof METHODS)[number], Method>
for (const name of METHODS) {
  const method = methods[name]
  methods[name] = async function (this: unknown, ...args) {
    underWay++
    try {
      return await method.apply(this, args)
    } finally {
      underWay--
    }
  }
}

/** Whether Web Crypto works on something in this process. */
export const isCryptoUnderWay = (): boolean => underWay > 0
