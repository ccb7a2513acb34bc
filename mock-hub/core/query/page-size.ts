/** Rows of a page that nobody asks another size for, and most rows of any page. */
export const MOST_ITEMS = 100

/**
 * Rows of the next page. The service replaces a size that it does not accept by one of its own (OpenAPI description).
 * @param given what the caller asks for. @default 100
 */
export function pageSize(given = MOST_ITEMS): number {
  return Number.isInteger(given) && given > 0 ? Math.min(given, MOST_ITEMS) : MOST_ITEMS
}
