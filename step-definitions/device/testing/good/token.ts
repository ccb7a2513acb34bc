import { createHmac } from 'node:crypto'

/** A SAS token. @param seconds when it expires, epoch seconds. @param key base64. */
export function sign(resource: string, key: string, seconds: number, skn?: string): string {
  const sr = encodeURIComponent(resource)
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${sr}\n${String(seconds)}`)
    .digest('base64')
  const policy = skn === undefined ? '' : `&skn=${skn}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature)}&se=${String(seconds)}${policy}`
}
