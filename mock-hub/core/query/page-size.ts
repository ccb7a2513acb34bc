import { HubError } from '../errors/hub-error.ts'

const DEFAULT_ITEMS = 100
const MOST_ITEMS = 1_000

/**
 * Rows a page; more than 1000 are cut to 1000.
 * @param given what the caller asks for. @default 100
 * @throws HubError DeviceInvalidResultCount.
 */
export function pageSize(given: number | undefined): number {
  if (given === undefined) return DEFAULT_ITEMS
  if (Number.isInteger(given) && given > 0) return Math.min(given, MOST_ITEMS)
  throw new HubError({
    kind: 'DeviceInvalidResultCount',
    message: `x-ms-max-item-count must be 1 to 1000: ${String(given)}`,
    rule: 'WIRE-QRY-03',
    expected: 'a whole number from 1 to 1000',
    received: String(given),
  })
}
