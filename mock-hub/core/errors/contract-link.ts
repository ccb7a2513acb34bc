import { CONTRACT_PAGES } from './contract-pages.ts'

/**
 * Where a rule is documented, as a path below the root of the project.
 * @param rule a requirement id (`WIRE-TWIN-12`), a section of MQTT 3.1.1 (`MQTT-4.8.0-1`), an AMQP condition
 *   (`amqp:decode-error`), a fault type (`http.status`), the type of a fault that a device ordered (`KillTcp`), or a limit of this hub
 *   (`limit-unread`).
 */
export function contractLink(rule: string): string {
  const page = CONTRACT_PAGES.get(rule) ?? CONTRACT_PAGES.get(rule.replace(/-\d+$/, ''))
  if (page !== undefined) return `${page}#${rule.toLowerCase()}`
  if (rule.startsWith('MQTT-')) return 'docs/contract/mqtt.md'
  if (rule.startsWith('amqp:')) return 'docs/contract/amqp.md'
  if (/^[a-z]\w*\.\w+/.test(rule)) return 'docs/faults.md'
  if (rule.startsWith('limit-')) return `docs/reliability.md#${rule}`
  return rule === 'internal' ? 'docs/errors.md' : 'docs/contract/README.md'
}
