/** How a refusal looks over MQTT: the code in CONNACK, the body of a twin answer; and what the journal keeps of a password. */

import { randomBytes } from 'node:crypto'
import type { HubError } from '../core/errors/hub-error.ts'

/** Body of a refused twin request; the Node SDK decides by `errorCode` (WIRE-TWIN-14). */
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

/** A token as the journal keeps it: without its signature, but with a note if that was not percent-encoded. */
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

/** Return code of CONNACK: 3 for throttling and errors of the hub itself, 5 for everything else (WIRE-CONN-22). */
export function refusalCode(error: HubError): number {
  return error.status === 429 || error.status >= 500 ? 3 : 5
}
