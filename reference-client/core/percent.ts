/** Percent-encoding for topics and tokens: only the unreserved characters of RFC 3986 are not encoded. */

const PLAIN = /^[A-Za-z0-9._~-]*$/

export function percentEncode(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Returns text with a malformed escape unchanged, so that the message still arrives. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
