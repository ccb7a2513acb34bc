/** Percent-encoding in which only the unreserved characters of RFC 3986 stay, as the hub's topics and tokens want it. */

const PLAIN = /^[A-Za-z0-9._~-]*$/

export function percentEncode(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Text with a broken escape stays as it is: an incoming message is better whole than refused. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
