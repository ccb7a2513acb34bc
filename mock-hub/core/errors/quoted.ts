const LIMIT = 200

/** A text that a caller sent, as it stands in an explanation: in quotes, cut after 200 characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LIMIT ? `${text.slice(0, LIMIT)}…` : text)
}
