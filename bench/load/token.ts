/** Shared access signatures for the load generators. */
import { createHmac } from 'node:crypto'

/** A token for `host/devices/{id}` (or a whole hub with `policy`), valid for an hour. */
export function sasToken(resource: string, base64Key: string, policy?: string): string {
  const sr = encodeURIComponent(resource)
  const se = Math.floor(Date.now() / 1000) + 3600
  const sig = createHmac('sha256', Buffer.from(base64Key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  const skn = policy === undefined ? '' : `&skn=${policy}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn}`
}

/** The key of every benchmark device, so that the anchors can check the same signature. */
export const DEVICE_KEY = Buffer.alloc(32, 7).toString('base64')
