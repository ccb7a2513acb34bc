/** Steps of back ends that export the registry to a file and import it from one. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import { jsonOf, sendRequest, type RawResponse } from '../../raw-clients/https-client.ts'
import { hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import { rowsOf } from '../../raw-clients/tables.ts'
import { NotSupported } from '../../world/errors.ts'
import type { ConformanceWorld } from '../../world/world.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** Where a device may write and read one blob. */
interface Place {
  readonly hostName: string
  readonly containerName: string
  readonly blobName: string
  readonly sasToken: string
}

async function placeOf(scenario: HubScenario, name: string, blobName: string): Promise<Place> {
  const { deviceId } = scenario.identity(name)
  const { status, body } = await scenario.asDevice(name, {
    method: 'POST',
    path: `/devices/${deviceId}/files`,
    headers: JSON_TYPE,
    body: Buffer.from(JSON.stringify({ blobName })),
  })
  strictEqual(status, 200, body.toString())
  return jsonOf(body) as Place // checked by WIRE-FILE-01
}

/** The SAS of an upload is for one blob; the storage of an embedded hub trusts its hub. */
Given(
  '{string} gives jobs the container of its uploads',
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    if (scenario.isRemote)
      throw new NotSupported('hub.container: jobs need the SAS of a container, which uploads do not give')
    const { hostName, containerName } = await placeOf(scenario, name, 'first.txt')
    scenario.named.set('container', `https://${hostName}/${containerName}`)
  },
)

function blobRequest(
  scenario: HubScenario,
  { hostName, containerName, blobName, sasToken }: Place,
  method: 'GET' | 'PUT',
  body?: Buffer,
): Promise<RawResponse> {
  return sendRequest(scenario.hub, {
    method,
    path: `/${containerName}/${encodeURI(blobName)}${sasToken}`,
    headers: { host: hostName, ...(body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob' }) },
    body,
  })
}

When(
  '{string} writes the file {string} with the lines:',
  async function (this: ConformanceWorld, name: string, file: string, lines: string) {
    const scenario = await hubScenarioOf(this)
    const content = Buffer.from(scenario.fill(lines))
    const { status, body } = await blobRequest(scenario, await placeOf(scenario, name, file), 'PUT', content)
    strictEqual(status, 201, body.toString())
  },
)

const ENDS: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled'])
/** A job about a few identities is done long before. */
const MOST_SECONDS = 60

async function end(world: ConformanceWorld, scenario: HubScenario, jobId: string): Promise<string> {
  let state = ''
  for (let second = 0; second < MOST_SECONDS && !ENDS.has(state); second++) {
    await world.time.pass(1)
    scenario.response = scenario.asService({ method: 'GET', path: `/jobs/${jobId}`, headers: {} })
    const { status, body } = await scenario.settled()
    strictEqual(status, 200, body.toString())
    state = String(valueAt(jsonOf(body), 'status'))
  }
  ok(ENDS.has(state), `The job is ${state} after ${String(MOST_SECONDS)} seconds`)
  return state
}

When('the job of the answer ends', async function (this: ConformanceWorld) {
  const scenario = await hubScenarioOf(this)
  await end(this, scenario, scenario.fill('{answer.jobId}'))
})

async function run(
  world: ConformanceWorld,
  job: Readonly<Record<string, unknown>>,
  name: string,
  configurations: string | null,
): Promise<void> {
  const scenario = await hubScenarioOf(world)
  const { deviceId } = scenario.identity(name)
  const container = scenario.fill('{container}')
  scenario.response = scenario.asService({
    method: 'POST',
    path: '/jobs/create',
    headers: JSON_TYPE,
    body: Buffer.from(
      JSON.stringify({
        ...job,
        outputBlobContainerUri: container,
        ...(job['type'] === 'import' ? { inputBlobContainerUri: container } : {}),
        ...(configurations === null
          ? {}
          : { includeConfigurations: true, configurationsBlobName: `${deviceId}/${configurations}` }),
      }),
    ),
  })
  const { status, body } = await scenario.settled()
  strictEqual(status, 200, body.toString())
  strictEqual(await end(world, scenario, scenario.fill('{answer.jobId}')), 'completed')
}

When(
  /^the registry is exported to "(.*?)" of "(.*?)"( without keys)?(?: with configurations in "(.*?)")?$/,
  async function (
    this: ConformanceWorld,
    file: string,
    name: string,
    keyless: string | null,
    configurations: string | null,
  ) {
    const { deviceId } = (await hubScenarioOf(this)).identity(name)
    const excludeKeysInExport = keyless !== null
    await run(
      this,
      { type: 'export', outputBlobName: `${deviceId}/${file}`, excludeKeysInExport },
      name,
      configurations,
    )
  },
)

When(
  /^the file "(.*?)" of "(.*?)" is imported(?: with configurations in "(.*?)")?$/,
  async function (this: ConformanceWorld, file: string, name: string, configurations: string | null) {
    const { deviceId } = (await hubScenarioOf(this)).identity(name)
    await run(this, { type: 'import', inputBlobName: `${deviceId}/${file}` }, name, configurations)
  },
)

/** The one line of an identity, or of a configuration. */
Then(
  'the line of {string} in the file {string} of {string} has:',
  async function (this: ConformanceWorld, of: string, file: string, name: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    const { status, body } = await blobRequest(scenario, await placeOf(scenario, name, file), 'GET')
    strictEqual(status, 200, body.toString())
    const { deviceId, moduleId } = scenario.ids(of)
    const lines = body
      .toString()
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line) => jsonOf(line))
      .filter((line) => valueAt(line, 'id') === deviceId && valueAt(line, 'moduleId') === moduleId)
    strictEqual(lines.length, 1, body.toString())
    const wrong = rowsOf(table, scenario).flatMap(([path, cell]) => {
      const difference = mismatch(valueAt(lines[0], path), cell)
      return difference === undefined ? [] : [`${path} ${difference}`]
    })
    deepStrictEqual(wrong, [], `The line is ${JSON.stringify(lines[0])}`)
  },
)
