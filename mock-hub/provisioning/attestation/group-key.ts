import { createHmac } from 'node:crypto'

/**
 * The key of one device of a symmetric-key group: HMAC-SHA256 of its registration id, as the device spells it, under the
 * decoded key of the group (DPS-AUTH-03).
 * @param groupKey base64.
 * @returns base64.
 */
export function deviceKeyOf(groupKey: string, registrationId: string): string {
  return createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64')
}
