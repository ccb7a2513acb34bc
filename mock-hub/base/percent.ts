/** Percent-encoding. */

/** The decoded text; the text as it is when it cannot be decoded. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
