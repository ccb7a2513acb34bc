/** Steps of devices that ask a provisioning service for their hub over MQTT and HTTPS, and of its back ends. */

import assert from 'node:assert/strict'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import type { FaultDefinition } from 'mock-iot-hub'
import { HarnessError } from '../../driver/client-driver.ts'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import { hubScenarioOf } from '../../raw-clients/hub-scenario.ts'
import { jsonOf } from '../../raw-clients/https-client.ts'
import {
  type Kind,
  type ProvisioningScenario,
  provisioningOf,
} from '../../raw-clients/provisioning/provisioning-scenario.ts'
import { requestOf } from '../../raw-clients/request-rows.ts'
import { provision } from '../../raw-clients/provisioning/whole-registration.ts'
import { bodyOf, rowOf, rowsOf, type Rows } from '../../raw-clients/tables.ts'
import { certify, type KeyAndCertificate } from '../../world/environment/certificates.ts'
import { NotSupported } from '../../world/errors.ts'
import { startWebhook, type Webhook } from '../../world/environment/webhook.ts'
import type { ConformanceWorld } from '../../world/world.ts'

/** The provisioning side of a scenario. */
export async function provisioning(world: ConformanceWorld): Promise<ProvisioningScenario> {
  return provisioningOf(await hubScenarioOf(world), world.activity)
}

async function rowsIn(world: ConformanceWorld, table: DataTable): Promise<Rows> {
  const scenario = await hubScenarioOf(world)
  await provisioning(world) // it gives the names {scope} and {dps}
  return rowsOf(table, scenario)
}

/** A part of a step that may be left out: the runner gives null, or undefined when it has parts of its own. */
function hasValue<T>(part: T | null | undefined): part is T {
  return part !== null && part !== undefined
}

// ------------------------------------------------------------------ enrollments

const kindOf = (group: string | null): Kind => (hasValue(group) ? 'enrollmentGroups' : 'enrollments')

Given(
  /^an enrollment (group )?"(.*?)"$/,
  async function (this: ConformanceWorld, group: string | null, name: string) {
    await (await provisioning(this)).enroll(kindOf(group), name, {})
  },
)

Given(
  /^an enrollment (group )?"(.*?)" with:$/,
  async function (this: ConformanceWorld, group: string | null, name: string, table: DataTable) {
    await (await provisioning(this)).enroll(kindOf(group), name, bodyOf(await rowsIn(this, table)))
  },
)

Given(
  '{string} belongs to the enrollment group {string}',
  async function (this: ConformanceWorld, name: string, group: string) {
    ;(await provisioning(this)).join(name, group)
  },
)

When(
  /^a back end asks the provisioning service (GET|PUT|POST|PATCH|DELETE) "(.*?)"$/,
  async function (this: ConformanceWorld, method: string, path: string) {
    const request = requestOf(await hubScenarioOf(this), method, path, [])
    await (await provisioning(this)).asService(request)
  },
)

/** Rows: `header X`, `body`, `body x.y`; `policy` and `policy key` of another token. Keeps the keys of an enrollment. */
When(
  /^a back end asks the provisioning service (GET|PUT|POST|PATCH|DELETE) "(.*?)" with:$/,
  async function (this: ConformanceWorld, method: string, path: string, table: DataTable) {
    const side = await provisioning(this)
    const rows = await rowsIn(this, table)
    const policy = rowOf(rows, 'policy')
    const { status, body } = await side.asService(
      requestOf(await hubScenarioOf(this), method, path, rows),
      policy === undefined ? undefined : { name: policy, key: rowOf(rows, 'policy key') ?? '' },
    )
    const [, kind, name] = /^\/(enrollments|enrollmentGroups)\/\{([^}]+)\}$/i.exec(path) ?? []
    if (method !== 'PUT' || status !== 200 || kind === undefined || name === undefined) return
    const of: Kind = kind === 'enrollments' ? 'enrollments' : 'enrollmentGroups'
    side.keep(of, name, jsonOf(body))
    side.removeAtEnd(of, name)
  },
)

// ------------------------------------------------------------------ certificates

/** What a device sends for an authority, in PEM: itself and what is above, without the root. */
const chains = new WeakMap<KeyAndCertificate, string>()
const authorities = new WeakMap<ConformanceWorld, Map<string, KeyAndCertificate>>()

function authoritiesOf(world: ConformanceWorld): Map<string, KeyAndCertificate> {
  const known = authorities.get(world) ?? new Map<string, KeyAndCertificate>()
  authorities.set(world, known)
  return known
}

function authority(world: ConformanceWorld, name: string): KeyAndCertificate {
  const found = authoritiesOf(world).get(name)
  if (found === undefined) throw new HarnessError(`The scenario has no authority "${name}"`)
  return found
}

/** A verified authority is uploaded by its name. Devices send the authorities below the root, and not the root. */
Given(
  /^an? (verified )?authority "(.*?)"(?: of "(.*?)")?$/,
  async function (this: ConformanceWorld, verified: string | null, name: string, of: string | null) {
    const side = await provisioning(this)
    const scenario = await hubScenarioOf(this)
    const issuer = hasValue(of) ? authority(this, of) : undefined
    const { deviceId } = scenario.ids(name)
    const made = await certify(deviceId, { isAuthority: true, issuer })
    if (hasValue(verified)) {
      if (side.service.upload === undefined)
        throw new NotSupported('hub.authorities: certificate authorities are registered elsewhere')
      await side.service.upload(deviceId, made.cert)
    }
    scenario.named.set(`${name}.certificate`, made.cert)
    authoritiesOf(this).set(name, made)
    chains.set(made, issuer === undefined ? '' : `${made.cert.trim()}\n${chains.get(issuer) ?? ''}`)
  },
)

/** The common name is the registration id of the name, or of another one. */
Given(
  /^"(.*?)" has an? (expired )?certificate(?: of "(.*?)")?(?: for "(.*?)")?$/,
  async function (
    this: ConformanceWorld,
    name: string,
    expired: string | null,
    of: string | null,
    other: string | null,
  ) {
    const side = await provisioning(this)
    const scenario = await hubScenarioOf(this)
    const issuer = hasValue(of) ? authority(this, of) : undefined
    const commonName = scenario.ids(other ?? name).deviceId
    const made = await certify(commonName, { issuer, hasExpired: hasValue(expired) })
    const chain = issuer === undefined ? '' : (chains.get(issuer) ?? '')
    side.certify(name, { key: made.key, cert: `${made.cert.trim()}\n${chain}` })
  },
)

// ------------------------------------------------------------------ devices

When('{string} connects to the provisioning service', async function (this: ConformanceWorld, name: string) {
  await (await provisioning(this)).connect(name, [])
})

When(
  '{string} connects to the provisioning service with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    await (await provisioning(this)).connect(name, await rowsIn(this, table))
  },
)

Given('{string} listens to the provisioning service', async function (this: ConformanceWorld, name: string) {
  await (await provisioning(this)).online(name, [])
})

Given(
  '{string} listens to the provisioning service with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    await (await provisioning(this)).online(name, await rowsIn(this, table))
  },
)

/** One registration over MQTT and its answer; the body is `{"registrationId":…}` unless it is given. */
When(
  /^"(.*?)" registers(?: with the body "(.*)")?( at QoS 0)?$/,
  async function (this: ConformanceWorld, name: string, body: string | null, atQos0: string | null) {
    const scenario = await hubScenarioOf(this)
    const text = body ?? `{"registrationId":"{${name}}"}`
    await (await provisioning(this)).ask(name, scenario.fill(text), undefined, hasValue(atQos0) ? 0 : 1)
  },
)

/** One poll of the last operation over MQTT, with a body of one space unless it is given. */
When(
  /^"(.*?)" polls(?: the operation "(.*?)")?(?: with the body "(.*)")?$/,
  async function (this: ConformanceWorld, name: string, operation: string | null, body: string | null) {
    const scenario = await hubScenarioOf(this)
    await (await provisioning(this)).ask(name, body ?? ' ', scenario.fill(operation ?? '{operation}'))
  },
)

When('its operation is kept as {string}', async function (this: ConformanceWorld, name: string) {
  const { named } = await hubScenarioOf(this)
  const operation = named.get('operation')
  assert.ok(operation !== undefined, 'No registration has named an operation')
  named.set(name, operation)
})

/** Registers, and polls until the service has decided. */
When(
  /^"(.*?)" is provisioned(?: over (HTTPS|AMQP))?(?: with the body '(.*)')?$/,
  async function (this: ConformanceWorld, name: string, over: 'HTTPS' | 'AMQP' | null, body: string | null) {
    const side = await provisioning(this)
    const scenario = await hubScenarioOf(this)
    if (!hasValue(over) && !scenario.hasLink(name)) await side.online(name, [])
    await provision(side, name, over ?? 'MQTT', hasValue(body) ? scenario.fill(body) : undefined)
  },
)

When(
  /^"(.*?)" asks the provisioning service (GET|PUT|POST|PATCH|DELETE) "(.*?)" with:$/,
  async function (this: ConformanceWorld, name: string, method: string, path: string, table: DataTable) {
    const rows = await rowsIn(this, table)
    await (
      await provisioning(this)
    ).asDevice(name, requestOf(await hubScenarioOf(this), method, path, rows), rows)
  },
)

/** The last answer over any transport. Rows: `status`, `retry-after`, `topic`, `qos`, or a path in the JSON body. */
Then('the registration is answered with:', async function (this: ConformanceWorld, table: DataTable) {
  const { reply } = await provisioning(this)
  if (reply === undefined) throw new HarnessError('No registration was answered in this scenario')
  const { topic, qos, status, retryAfter, body } = reply
  const view = new Map<string, unknown>([
    ['topic', topic],
    ['qos', qos],
    ['answer', status],
    ['retry-after', retryAfter],
  ])
  const wrong = (await rowsIn(this, table)).flatMap(([path, cell]) => {
    const difference = mismatch(view.has(path) ? view.get(path) : valueAt(body, path), cell)
    return difference === undefined ? [] : [`${path} ${difference}`]
  })
  assert.deepEqual(wrong, [], `The answer is ${JSON.stringify(reply)}`)
})

// ------------------------------------------------------------------ the service

const FAULTS: readonly (readonly [RegExp, (found: string) => FaultDefinition])[] = [
  [
    /^stay at assigning for (\d+) polls?$/,
    (n) => ({ name: 'dps.register.assigning', parameters: { times: Number(n) } }),
  ],
  [
    /^answer a registration with status (\d+)$/,
    (n) => ({ name: 'dps.register.status', parameters: { status: Number(n), retryAfter: 7 } }),
  ],
]

Given(/^the provisioning service is going to (.*)$/, async function (this: ConformanceWorld, words: string) {
  const { service } = await provisioning(this)
  const fault = FAULTS.flatMap(([pattern, make]) => {
    const found = pattern.exec(words)
    return found === null ? [] : [make(found[1] ?? '')]
  })[0]
  if (fault === undefined) throw new HarnessError(`No fault is defined for "${words}"`)
  if (service.arm === undefined)
    throw new NotSupported('hub.faults: this provisioning service cannot be made to do so')
  await service.arm(fault)
})

Given('the provisioning service has no linked hub', async function (this: ConformanceWorld) {
  const scenario = await provisioning(this)
  const { service } = scenario
  if (service.unlink === undefined)
    throw new NotSupported('hub.links: hubs cannot be unlinked from this provisioning service')
  await service.unlink()
  scenario.linksChanged = true
})

Given('the provisioning service throttles', async function (this: ConformanceWorld) {
  const { service } = await provisioning(this)
  if (!service.throttles)
    throw new NotSupported('hub.throttles: this provisioning service was started without throttles')
})

const webhooks = new WeakMap<ConformanceWorld, Webhook>()

/** `{webhook}` is its URL. */
Given(
  'a webhook that answers {int} with {string}',
  async function (this: ConformanceWorld, status: number, body: string) {
    const { webhookAddress } = (await provisioning(this)).service
    if (webhookAddress === undefined)
      throw new NotSupported('hub.webhooks: this provisioning service cannot call a webhook of the suite')
    const scenario = await hubScenarioOf(this)
    const webhook = await startWebhook(webhookAddress, status, scenario.fill(body))
    this.defer(() => webhook.stop())
    scenario.named.set('webhook', webhook.url)
    webhooks.set(this, webhook)
  },
)

Then('the webhook was told:', async function (this: ConformanceWorld, table: DataTable) {
  const told = webhooks.get(this)?.bodies.at(-1)
  assert.ok(told !== undefined, 'The webhook was not called')
  const wrong = (await rowsIn(this, table)).flatMap(([path, cell]) => {
    const difference = mismatch(valueAt(told, path), cell)
    return difference === undefined ? [] : [`${path} ${difference}`]
  })
  assert.deepEqual(wrong, [], `It was told ${JSON.stringify(told)}`)
})
