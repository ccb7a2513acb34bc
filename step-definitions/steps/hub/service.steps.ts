/** Steps of back ends over HTTPS beyond single requests: queries, uploads, listeners that must not be there. */

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import { authorityPem, issueCertificate } from '../../world/environment/certificates.ts'
import { NotSupported } from '../../world/errors.ts'
import type { ConformanceWorld } from '../../world/world.ts'
import { jsonOf, sendRequest } from '../../raw-clients/https-client.ts'
import { hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import { connectPacket } from '../../raw-clients/packets.ts'
import { rowsOf, under, type Rows } from '../../raw-clients/tables.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

// ------------------------------------------------------------------ queries

async function query(scenario: HubScenario, text: string, rows: Rows): Promise<void> {
  const headers = Object.fromEntries(
    under(rows, 'header').map(([name, value]) => [name.toLowerCase(), value]),
  )
  scenario.response = scenario.asService({
    method: 'POST',
    path: '/devices/query',
    headers: { ...JSON_TYPE, ...headers },
    body: Buffer.from(JSON.stringify({ query: scenario.fill(text) })),
  })
  await scenario.settled()
}

When('the service queries {string}', async function (this: ConformanceWorld, text: string) {
  await query(await hubScenarioOf(this), text, [])
})

When(
  'the service queries {string} with:',
  async function (this: ConformanceWorld, text: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    await query(scenario, text, rowsOf(table, scenario))
  },
)

/** The names of identities, apart by blanks; the order of rows is not defined. */
Then('the rows are those of {string}', async function (this: ConformanceWorld, names: string) {
  const scenario = await hubScenarioOf(this)
  const { body } = await scenario.settled()
  const rows = jsonOf(body) as readonly { readonly deviceId: string }[] // what the query selects
  deepStrictEqual(
    rows.map(({ deviceId }) => deviceId).sort(),
    names
      .split(' ')
      .filter((name) => name !== '')
      .map((name) => scenario.ids(name).deviceId)
      .sort(),
    body.toString(),
  )
})

// ------------------------------------------------------------------ uploads

async function asDevice(scenario: HubScenario, name: string, path: string, body: object): Promise<unknown> {
  const { deviceId } = scenario.identity(name)
  scenario.response = scenario.asDevice(name, {
    method: 'POST',
    path: `/devices/${deviceId}/files${path}`,
    headers: JSON_TYPE,
    body: Buffer.from(JSON.stringify(body)),
  })
  return jsonOf((await scenario.settled()).body)
}

interface Place {
  readonly correlationId: string
  readonly hostName: string
  readonly containerName: string
  readonly blobName: string
  readonly sasToken: string
}

/** The id of the upload that the device began last. */
const uploads = new WeakMap<HubScenario, string>()

async function begin(scenario: HubScenario, name: string, blobName: string): Promise<Place> {
  const place = (await asDevice(scenario, name, '', { blobName })) as Place // checked by WIRE-FILE-01
  strictEqual((await scenario.settled()).status, 200, JSON.stringify(place))
  uploads.set(scenario, place.correlationId)
  return place
}

async function end(scenario: HubScenario, name: string, statusCode: number): Promise<void> {
  const correlationId = uploads.get(scenario)
  const isSuccess = statusCode < 300
  await asDevice(scenario, name, '/notifications', {
    correlationId,
    isSuccess,
    statusCode,
    statusDescription: '',
  })
}

When(
  /^"(.*?)" uploads "(.*?)" as "(.*?)" with status (\d+)( and no content type)?$/,
  async function (
    this: ConformanceWorld,
    name: string,
    text: string,
    blobName: string,
    status: string,
    untyped: string | null,
  ) {
    const scenario = await hubScenarioOf(this)
    const place = await begin(scenario, name, blobName)
    const uploaded = await sendRequest(scenario.hub, {
      method: 'PUT',
      path: `/${place.containerName}/${encodeURI(place.blobName)}${place.sasToken}`,
      headers: {
        ...{ host: place.hostName, 'x-ms-blob-type': 'BlockBlob' },
        'content-type': untyped === null ? 'text/plain' : '',
      },
      body: Buffer.from(text),
    })
    strictEqual(uploaded.status, 201, uploaded.body.toString())
    await end(scenario, name, Number(status))
  },
)

When('{string} begins {int} uploads', async function (this: ConformanceWorld, name: string, count: number) {
  const scenario = await hubScenarioOf(this)
  for (let number = 1; number <= count; number++) await begin(scenario, name, `${String(number)}.txt`)
})

/** The upload that this step library began last, or the one of the last answer. */
When('{string} ends the upload as failed', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  const last = jsonOf((await scenario.settled()).body) as Partial<Place> | undefined
  if (last?.correlationId !== undefined) uploads.set(scenario, last.correlationId)
  await end(scenario, name, 500)
})

// ------------------------------------------------------------------ certificates and listeners

Given('the hub trusts an authority of certificates', async function (this: ConformanceWorld) {
  const { trust } = (await hubScenarioOf(this)).hub
  if (trust === undefined)
    throw new NotSupported('hub.authorities: certificate authorities are registered elsewhere')
  trust(await authorityPem())
})

When(
  /^"(.*?)" connects with a certificate of (that|an unknown) authority for "(.*?)"$/,
  async function (this: ConformanceWorld, name: string, which: string, of: string) {
    const scenario = await hubScenarioOf(this)
    const commonName = scenario.ids(of).deviceId
    const certificate = await issueCertificate(commonName, which === 'that' ? 'known' : 'unknown')
    const link = await scenario.open(name, { certificate })
    link.send(connectPacket(scenario, name, [['password', 'none']]))
  },
)

const PLAIN_PORT = 1883
const TWIN = '$iothub/twin/res/#'

/**
 * A broker of somebody else may listen at the port of plain MQTT: what counts is whether it serves the device's twin.
 */
Then('MQTT without TLS is served to {string} nowhere', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  const { mqttPort, httpsPort } = scenario.hub
  const served: number[] = []
  for (const port of [PLAIN_PORT, mqttPort, httpsPort])
    if (await servesPlain(scenario, name, port)) served.push(port)
  deepStrictEqual(served, [])
})

async function servesPlain(scenario: HubScenario, name: string, port: number): Promise<boolean> {
  const link = await scenario.openPlain(port).catch(() => undefined)
  if (link === undefined) return false
  link.send(connectPacket(scenario, name, []))
  const connack = await link.take('connack').catch(() => undefined)
  if (connack?.returnCode !== 0) return false
  link.send(
    { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TWIN, qos: 0 }] },
    { cmd: 'publish', topic: '$iothub/twin/GET/?$rid=1', payload: '', qos: 0, dup: false, retain: false },
  )
  await link.fence().catch(() => undefined)
  return link.left('publish').length > 0
}
