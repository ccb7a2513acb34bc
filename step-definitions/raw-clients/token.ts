/** Tokens as the peer signs them: every part may be bent, since the hub's refusals are on trial too. */

import { createHmac } from 'node:crypto'

/** A token's parts, as they shall stand in it. */
export interface TokenSpec {
  /** `sr`, already encoded or raw: it is signed exactly so (WIRE-AUTH-02). */
  readonly sr: string
  /** base64. */
  readonly key: string
  /** Text of `se`. */
  readonly se: string
  /** Policy name. */
  readonly skn?: string | undefined
  /** Order of the fields. */
  readonly order?: readonly string[] | undefined
}

const ORDER = ['sr', 'sig', 'se', 'skn']

export function token({ sr, key, se, skn, order = ORDER }: TokenSpec): string {
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  const fields = new Map([
    ['sr', sr],
    ['sig', encodeURIComponent(sig)],
    ['se', se],
  ])
  if (skn !== undefined) fields.set('skn', encodeURIComponent(skn))
  const pairs = [...order, 'skn']
    .filter((name, index, all) => all.indexOf(name) === index && fields.has(name))
    .map((name) => `${name}=${fields.get(name) ?? ''}`)
  return `SharedAccessSignature ${pairs.join('&')}`
}
