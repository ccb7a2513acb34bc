/** What the hub and its back ends do in client scenarios, and what happens to the network. */

import { strictEqual } from 'node:assert/strict'
import { type DataTable, Given, When } from '@cucumber/cucumber'
import type { Identity, JsonValue } from 'mock-iot-hub'
import { rowsOf } from './client-actions.ts'
import type { Backend } from '../world/backend.ts'
import { at } from './expectations.ts'
import { misbehaviour } from './hub-faults.ts'
import { startOtherApplication } from '../world/other-application.ts'
import { ask } from '../raw-clients/https-client.ts'
import { hubScenarioOf } from '../raw-clients/hub-scenario.ts'
import type { ConformanceWorld } from '../world/world.ts'

Given(
  /^(?:the next (\d+) times |(every time ))?the hub is going to ([a-z][\w ./-]*)$/,
  async function (this: ConformanceWorld, times: string | null, always: string | null, words: string) {
    const count = always === null ? Number(times ?? 1) : 'always'
    ;(await this.hub()).faults.arm({ ...misbehaviour(words), count })
  },
)

Given('a hub whose clock is {seconds} ahead', function (this: ConformanceWorld, seconds: number) {
  this.hubAheadSeconds = seconds
})

When('the hub behaves again', async function (this: ConformanceWorld) {
  const { faults, journal } = await this.hub()
  await this.settle()
  faults.disarm()
  this.mark = journal.seq
})

When('the connection is cut', async function (this: ConformanceWorld) {
  const hub = await this.hub()
  await this.settle()
  this.mark = hub.journal.seq
  hub.faults.arm({ name: 'tcp.drop_now' })
  await this.settle()
  await this.settle()
})

When('{seconds} pass(es)', async function (this: ConformanceWorld, seconds: number) {
  await this.pass(seconds)
})

/** It acts when the client has come to rest, and the client has heard of it when the step is over. */
async function backEnd(
  world: ConformanceWorld,
  act: (backend: Backend, whom: Identity) => void,
): Promise<void> {
  act(await world.backend(), world.subject.identity)
  await world.settle()
}

When('the back end sends the message {string}', async function (this: ConformanceWorld, text: string) {
  await backEnd(this, (backend, whom) => {
    backend.send(whom, { text })
  })
})

When('the back end sends a message with:', async function (this: ConformanceWorld, table: DataTable) {
  await backEnd(this, (backend, whom) => {
    backend.sendRows(whom, rowsOf(this, table))
  })
})

When(
  'another module sends {string} to the input {string}',
  async function (this: ConformanceWorld, text: string, input: string) {
    await backEnd(this, (backend, whom) => {
      backend.route(whom, input, text)
    })
  },
)

When('the back end calls the method {string}', async function (this: ConformanceWorld, name: string) {
  await backEnd(this, (backend, whom) => {
    backend.invoke(whom, name, { number: 1 })
  })
})

When(
  /^the back end (?:calls (\d+) methods|changes the desired properties (\d+) times) at once$/,
  async function (this: ConformanceWorld, calls: string | null, changes: string | null) {
    await backEnd(this, (backend, whom) => {
      for (let number = 1; number <= Number(calls); number++) backend.invoke(whom, `method ${String(number)}`)
      for (let number = 1; number <= Number(changes); number++) backend.desire(whom, { number })
    })
  },
)

When('the service makes the identity anew', async function (this: ConformanceWorld) {
  const { registry } = await this.hub()
  await backEnd(this, (_backend, whom) => {
    const { authentication } = registry.get(whom)
    registry.remove(whom, '*')
    registry.create(whom, { authentication })
  })
})

When(
  'the back end sets the desired properties to:',
  async function (this: ConformanceWorld, desired: string) {
    const properties = JSON.parse(desired) as Record<string, JsonValue> // the feature says so
    await backEnd(this, (backend, whom) => {
      backend.desire(whom, properties)
    })
  },
)

/** With the SAS that the client was given, and nothing else. */
When('the blob {string} is put where the hub said', async function (this: ConformanceWorld, text: string) {
  const reply = await this.call.reply
  const place = 'ok' in reply ? reply.ok : {}
  const [host, container, name, query] = ['hostName', 'containerName', 'blobName', 'sasToken'].map((path) =>
    String(at(place, path)),
  )
  const { status, body } = await ask((await hubScenarioOf(this)).hub, {
    method: 'PUT',
    path: `/${container ?? ''}/${encodeURI(name ?? '')}${query ?? ''}`,
    headers: { host: host ?? '', 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' },
    body: Buffer.from(text),
  })
  strictEqual(status, 201, body.toString())
})

Given('the Edge hub has the route {string}', async function (this: ConformanceWorld, route: string) {
  ;(await this.hub()).routes = [this.fill(route)]
})

Given(
  'the application at {string} answers {int}',
  async function (this: ConformanceWorld, id: string, status: number) {
    await startOtherApplication(this, id, status)
  },
)
