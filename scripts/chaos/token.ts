import { createHmac } from 'node:crypto'

/** Good for an hour of the hub's clock. */
export function tokenFor(resource: string, key: string, now: number): string {
  const sr = encodeURIComponent(resource)
  const se = Math.floor(now / 1000) + 3_600
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
}
