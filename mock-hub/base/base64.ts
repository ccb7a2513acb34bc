/** Base64 as the service reads it: the standard alphabet, padded, and nothing else (RFC 4648, section 4). */

/** The end of "expected {field} …". */
export const BASE64_RULE = 'to be base64 (+ and /, padded with =)'

/**
 * What keeps a text from being base64, and the mistake of a client that looks so.
 * @returns undefined: it is base64. The text says nothing of the content.
 */
export function base64Problem(text: string): string | undefined {
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined
  if (/^[\w+/-]*={0,2}$/.test(text) && /[-_]/.test(text))
    return 'the URL alphabet, - and _ (a base64url encoder where the standard one belongs)'
  if (/^[A-Za-z0-9+/]*=?$/.test(text)) return 'no padding (a client that strips = or splits fields at it)'
  if (/\s/.test(text)) return 'white space (a line break of an encoder, or a + that was decoded as a space)'
  const end = text.search(/[^A-Za-z0-9+/]/)
  return text[end] === '='
    ? 'text after the padding (a field that is not cut off at its end)'
    : 'characters that are not base64 (a text that was never encoded)'
}
