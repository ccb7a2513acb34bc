/** A string, a bracket, a comma, a colon, or a number or word: everything but blanks between tokens. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g

/** The tokens of a text, without the blanks between them. @param json valid JSON. */
export function tokensOf(json: string): readonly string[] {
  return json.match(TOKEN) ?? []
}
