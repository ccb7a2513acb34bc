/** Signs tokens; each part can be set, so that scenarios can send invalid tokens. */

import { createHmac } from 'node:crypto'

/** The parts of a token, as written in it. */
export interface TokenSpec {
  /** `sr`, encoded or raw: the signature covers it as it is (WIRE-AUTH-02). */
  readonly sr: string
  /** base64. */
  readonly key: string
  /** The text of `se`. */
  readonly se: string
  /** The policy name. */
  readonly skn?: string | undefined
  /** The order of the fields. */
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
