/** A registration from its request to the decision of the service, over any transport. */

import { valueAt } from '../expectations.ts'
import type { ProvisioningScenario, RegistrationReply } from './provisioning-scenario.ts'

/** A device gives up after as many polls. */
const MOST_POLLS = 30
/** Seconds between two polls when the service names none. */
const DEFAULT_WAIT_SECONDS = 2
const JSON_TYPE = { 'content-type': 'application/json' }

/** Registers, and polls until the service has decided. @param payload the body of the request. */
export async function provision(
  side: ProvisioningScenario,
  name: string,
  how: 'MQTT' | 'HTTPS' | 'AMQP',
  payload?: string,
): Promise<void> {
  const body = payload ?? JSON.stringify({ registrationId: side.idOf(name) })
  const ask = { MQTT: overMqtt, HTTPS: overHttps, AMQP: overAmqp }[how]
  let reply = await ask(side, name, body)
  for (let poll = 0; poll < MOST_POLLS && valueAt(reply.body, 'status') === 'assigning'; poll++) {
    await side.service.wait(reply.retryAfter ?? DEFAULT_WAIT_SECONDS)
    reply = await ask(side, name, body, side.operation)
  }
}

/** @param operation polls it. */
type Ask = (
  side: ProvisioningScenario,
  name: string,
  body: string,
  operation?: string,
) => Promise<RegistrationReply>

const overMqtt: Ask = (side, name, body, operation) =>
  side.ask(name, operation === undefined ? body : ' ', operation)

const overHttps: Ask = (side, name, body, operation) => {
  const path = `/${side.service.idScope}/registrations/${side.idOf(name)}`
  return operation === undefined
    ? side.asDevice(
        name,
        { method: 'PUT', path: `${path}/register`, headers: JSON_TYPE, body: Buffer.from(body) },
        [],
      )
    : side.asDevice(
        name,
        { method: 'GET', path: `${path}/operations/${encodeURIComponent(operation)}`, headers: {} },
        [],
      )
}

const overAmqp: Ask = async (side, name, body, operation) => {
  const client = await side.amqp(name)
  await client.request(operation, body)
  const answer = await client.answer()
  return side.heard(answer.body, answer.retryAfter)
}
