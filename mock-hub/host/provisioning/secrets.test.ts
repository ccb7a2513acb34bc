/** What a hub elsewhere or a webhook says, and what is said of its link, reaches nobody with a secret in it. */

import { once } from 'node:events'
import { request } from 'node:https'
import { createServer as createHttp } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { localhostCertificate } from '../../http/testing/certificate.ts'
import { individual, KEY, SCOPE, token } from '../../provisioning/testing/test-provisioning.ts'
import type { MockHub } from '../mock-hub.ts'
import { startMockHub } from '../start.ts'

const LINK_KEY = Buffer.alloc(32, 'key of the link').toString('base64')
const lines: string[] = []
const servers: { close(): unknown }[] = []
let hub: MockHub | undefined
afterEach(async () => {
  await hub?.stop()
  for (const server of servers.splice(0)) server.close()
  lines.length = 0
})

async function start(): Promise<MockHub> {
  const note = (line: string): number => lines.push(line)
  hub = await startMockHub({ controlPort: 0, amqpPort: false, logger: { info: note, warn: note } })
  return hub
}

/** It repeats what it was sent, as careless gateways do. */
async function elsewhere(status: number, sent: string[]): Promise<{ port: number; ca: string }> {
  const { key, cert } = await localhostCertificate()
  const server: Server = createServer({ key, cert }, (asked, response) => {
    let body = ''
    asked.on('data', (chunk: Buffer) => (body += String(chunk)))
    asked.on('end', () => {
      const { authorization = '' } = asked.headers
      sent.push(/sig=([^&]+)/.exec(authorization)?.[1] ?? 'none')
      const said = `refused ${authorization} for HostName=localhost;SharedAccessKeyName=o;SharedAccessKey=${LINK_KEY} with ${body}`
      response.writeHead(asked.method === 'GET' && status !== 401 ? 404 : status).end(said)
    })
  })
  server.listen(0, 'localhost')
  servers.push(server)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, ca: cert }
}

/** An answer over HTTPS, as text. */
async function answerOf({ httpsPort, caPem }: MockHub, method: string, path: string, authorization: string) {
  const sent = request({
    ...{ host: '127.0.0.1', port: httpsPort, ca: caPem, method, agent: false, path },
    headers: { authorization, 'content-type': 'application/json' },
  })
  sent.end(method === 'PUT' ? '{"registrationId":"d1"}' : undefined)
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

/** Everything by which a registration that has failed is told, by where. */
async function tellings(at: MockHub): Promise<ReadonlyMap<string, string>> {
  const sas = token({ clock: at.clock }, 'd1', KEY)
  const root = `/${SCOPE}/registrations/d1`
  const { operationId } = JSON.parse(
    await answerOf(at, 'PUT', `${root}/register?api-version=2019-03-31`, sas),
  ) as {
    operationId: string
  }
  await at.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
  const control = async (path: string) => (await fetch(`${String(at.controlUrl)}${path}`)).text()
  const { documents = [] } = at.services.snapshots.take()
  return new Map([
    ['the poll', await answerOf(at, 'GET', `${root}/operations/${operationId}?api-version=2019-03-31`, sas)],
    ['registrations', JSON.stringify(at.provisioning?.registrations.get('d1'))],
    ['the control API', await control('/registrations')],
    ['its journal', await control('/journal?type=registration')],
    ['the journal', JSON.stringify(at.journal.filter({ type: 'registration' }))],
    ['the log', lines.join('\n')],
    ['what is stored', JSON.stringify(documents.filter(({ kind }) => kind === 'registration'))],
  ])
}

test.each([400, 401])(
  'a hub elsewhere that answers %s and repeats keys and tokens: no exit tells them',
  async (status) => {
    const sent: string[] = []
    const { port, ca } = await elsewhere(status, sent)
    const at = await start()
    const connectionString = `HostName=localhost:${String(port)};SharedAccessKeyName=o;SharedAccessKey=${LINK_KEY}`
    at.provisioning?.link({ connectionString, ca })
    const only = { allocationPolicy: 'static', iotHubs: ['localhost'] }
    at.provisioning?.enrollments.put('d1', individual('d1', only))
    const told = await tellings(at)
    const secrets = [LINK_KEY, KEY, ...sent, ...sent.map(decodeURIComponent)]
    expect(sent.length).toBeGreaterThan(0)
    for (const [where, text] of told) {
      if (where !== 'the log') expect([where, text]).toEqual([where, expect.stringContaining('refused ')])
      for (const secret of secrets) expect([where, text.includes(secret)]).toEqual([where, false])
    }
  },
)

test('a webhook whose address has a key: no exit tells it', async () => {
  const silent = createHttp((asked) => asked.socket.destroy()).listen(0, '127.0.0.1')
  servers.push(silent)
  await once(silent, 'listening')
  const at = await start()
  const { port } = silent.address() as AddressInfo
  const webhookUrl = `http://127.0.0.1:${String(port)}/?code=${encodeURIComponent(LINK_KEY)}`
  const customAllocationDefinition = { webhookUrl, apiVersion: '2019-03-31' }
  at.provisioning?.enrollments.put(
    'd1',
    individual('d1', { allocationPolicy: 'custom', customAllocationDefinition }),
  )
  for (const [where, text] of await tellings(at))
    for (const secret of [LINK_KEY, encodeURIComponent(LINK_KEY)])
      expect([where, text.includes(secret)]).toEqual([where, false])
})

test.each([
  `HostName=a;SharedAccessKey=${LINK_KEY}`,
  `HostName=a;SharedAccessKeyName=o;Shared AccessKey=${LINK_KEY}`,
  `HostName=a;SharedAccessKeyName=o;SharedAccessKey:${LINK_KEY}`,
  `HostName=a b;SharedAccessKeyName=${LINK_KEY};SharedAccessKey=x`,
  `HostName=a;SharedAccessKeyName=o;SharedAccessKey=${LINK_KEY.slice(0, -1)}`,
  LINK_KEY,
])('a connection string that is none is refused without what it says: %s', async (connectionString) => {
  const at = await start()
  const answer = await fetch(`${String(at.controlUrl)}/linked-hubs`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ connectionString }),
  })
  const seeded = startMockHub({ controlPort: false, seed: { linkedHubs: [{ connectionString }] } })
  const fromSeed = await seeded.then(String, String)
  for (const text of [await answer.text(), fromSeed, lines.join('\n')])
    expect(text).not.toContain(LINK_KEY.slice(0, -1))
  const rule = / expected connectionString(\.SharedAccessKey to be base64| to be HostName=…)/
  expect([answer.status, fromSeed]).toEqual([400, expect.stringMatching(rule)])
})
