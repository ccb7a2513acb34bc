/**
 * @returns the URL with `%2F` in its path as a slash: the service knows no difference, and Azure IoT Explorer encodes the whole
 *   path (WIRE-HTTP-16).
 */
export function decodeSlashes(url: string): string {
  if (!/%2f/i.test(url)) return url
  const [path = ''] = url.split('?', 1)
  return path.replace(/%2f/gi, '/') + url.slice(path.length)
}
