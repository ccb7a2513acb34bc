/** Steps about the hub, its back ends and the network in client scenarios. */

import { strictEqual } from 'node:assert/strict'
import { type DataTable, Given, When } from '@cucumber/cucumber'
import type { Identity, JsonValue } from 'mock-iot-hub'
import { rowsOf } from './client-actions.ts'
import type { Backend } from '../../world/hub/backend.ts'
import { at } from './expectations.ts'
import { passInBothReadings } from '../../neutral/order.ts'
import { NotSupported } from '../../world/errors.ts'
import { hubFault } from './hub-faults.ts'
import { startOtherApplication } from '../../world/other-application.ts'
import { sendRequest } from '../../raw-clients/https-client.ts'
import { hubScenarioOf } from '../../raw-clients/hub-scenario.ts'
import type { ConformanceWorld } from '../../world/world.ts'

Given(
  /^(?:the next (\d+) times |(every time ))?the hub is going to ([a-z][\w ./-]*)$/,
  async function (this: ConformanceWorld, times: string | null, always: string | null, words: string) {
    const count = always === null ? Number(times ?? 1) : 'always'
    ;(await this.hub.start()).faults.arm({ ...hubFault(words), count })
  },
)

Given('a hub whose clock is {seconds} ahead', function (this: ConformanceWorld, seconds: number) {
  if (this.client.driver.hello.clock === 'real')
    throw new NotSupported('time: the client makes its tokens by a clock of its own')
  this.hub.aheadSeconds = seconds
})

When('the hub behaves again', async function (this: ConformanceWorld) {
  const { faults, journal } = await this.hub.start()
  await this.time.settle()
  faults.disarm()
  this.hub.mark = journal.seq
})

When('the connection is cut', async function (this: ConformanceWorld) {
  const hub = await this.hub.start()
  await this.time.settle()
  this.hub.mark = hub.journal.seq
  hub.faults.arm({ name: 'tcp.drop_now' })
  await this.time.settle()
  await this.time.settle()
})

When('{seconds} pass(es)', async function (this: ConformanceWorld, seconds: number) {
  await passInBothReadings(this, seconds)
})

/** Acts when the client is idle, and waits until the client has received the effect. */
async function backEnd(
  world: ConformanceWorld,
  act: (backend: Backend, identity: Identity) => void,
): Promise<void> {
  act(await world.backend(), world.client.current.identity)
  await world.time.settle()
}

When('the back end sends the message {string}', async function (this: ConformanceWorld, text: string) {
  await backEnd(this, (backend, identity) => {
    backend.send(identity, { text })
  })
})

When('the back end sends a message with:', async function (this: ConformanceWorld, table: DataTable) {
  await backEnd(this, (backend, identity) => {
    backend.sendRows(identity, rowsOf(this, table))
  })
})

When(
  'another module sends {string} to the input {string}',
  async function (this: ConformanceWorld, text: string, input: string) {
    await backEnd(this, (backend, identity) => {
      backend.route(identity, input, text)
    })
  },
)

When('the back end calls the method {string}', async function (this: ConformanceWorld, name: string) {
  await backEnd(this, (backend, identity) => {
    backend.invoke(identity, name, { number: 1 })
  })
})

When(
  /^the back end (?:calls (\d+) methods|changes the desired properties (\d+) times) at once$/,
  async function (this: ConformanceWorld, calls: string | null, changes: string | null) {
    await backEnd(this, (backend, identity) => {
      for (let number = 1; number <= Number(calls); number++)
        backend.invoke(identity, `method ${String(number)}`)
      for (let number = 1; number <= Number(changes); number++) backend.desire(identity, { number })
    })
  },
)

When('the service recreates the identity', async function (this: ConformanceWorld) {
  const { registry } = await this.hub.start()
  await backEnd(this, (_backend, identity) => {
    const { authentication } = registry.get(identity)
    registry.remove(identity, '*')
    registry.create(identity, { authentication })
  })
})

When(
  'the back end sets the desired properties to:',
  async function (this: ConformanceWorld, desired: string) {
    const properties = JSON.parse(desired) as Record<string, JsonValue> // a JSON object in the feature
    await backEnd(this, (backend, identity) => {
      backend.desire(identity, properties)
    })
  },
)

/** Uses only the SAS that the client received. */
When(
  'the blob {string} is uploaded to the location from the hub',
  async function (this: ConformanceWorld, text: string) {
    const reply = await this.client.last.reply
    const location = 'ok' in reply ? reply.ok : {}
    const [host, container, name, query] = ['hostName', 'containerName', 'blobName', 'sasToken'].map((path) =>
      String(at(location, path)),
    )
    const { status, body } = await sendRequest((await hubScenarioOf(this)).hub, {
      method: 'PUT',
      path: `/${container ?? ''}/${encodeURI(name ?? '')}${query ?? ''}`,
      headers: { host: host ?? '', 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' },
      body: Buffer.from(text),
    })
    strictEqual(status, 201, body.toString())
  },
)

Given('the Edge hub has the route {string}', async function (this: ConformanceWorld, route: string) {
  ;(await this.hub.start()).routes = [this.names.fill(route)]
})

Given(
  'the application at {string} answers {int}',
  async function (this: ConformanceWorld, id: string, status: number) {
    await startOtherApplication(this, id, status)
  },
)
