/** The refusals that MQTT itself causes, each with the rule it breaks; and how a refused twin request is answered. */

import { randomBytes } from 'node:crypto'
import type { HubError } from '../core/errors/hub-error.ts'

/** Body of a refused twin request; the Node SDK decides by `errorCode` (wire contract 3.1, WIRE-TWIN-14). */
export function errorBody(error: HubError, now: number): string {
  const utc = new Date(now).toISOString()
  const [date = '', time = ''] = utc.split('T')
  const [year, month, day] = date.split('-')
  const stamp = `${month ?? ''}/${day ?? ''}/${year ?? ''} ${time.slice(0, 8)}`
  return JSON.stringify({
    errorCode: error.code,
    trackingId: `${randomBytes(16).toString('hex')}-G:0-TimeStamp:${stamp}`,
    message: error.message,
    ...(error.info === undefined ? {} : { info: error.info }),
    timestampUtc: utc,
  })
}

/** A token for the journal: all of it but the signature, of which only a wrong form is told. */
export function redactedPassword(password: Buffer | string | undefined): Buffer | undefined {
  if (password === undefined) return undefined
  const text = password.toString()
  return Buffer.from(
    text.startsWith('SharedAccessSignature ')
      ? text.replace(/sig=([^&]*)/gi, (_all, sig: string) =>
          /[+/=]/.test(sig) ? 'sig=*** (not percent-encoded)' : 'sig=***',
        )
      : text === ''
        ? ''
        : '***',
  )
}

/** A refusal for credentials is always 5; throttling and the hub's own trouble are 3 (wire contract 1.7). */
export function refusalCode(error: HubError): number {
  return error.status === 429 || error.status >= 500 ? 3 : 5
}
