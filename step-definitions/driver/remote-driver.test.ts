import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OpenTransport } from './driver-transport.ts'
import { processTransport } from './process-transport.ts'
import { type Alarm, RemoteDriver } from './remote-driver.ts'

const HELLO = {
  ...{ protocol: 1, capabilities: [], clock: 'real' },
  implementation: { name: 'test', version: '1', language: 'js' },
}
/** An alarm that never runs. */
const never: Alarm = () => () => undefined
/** An alarm that runs at once. */
const atOnce: Alarm = (_seconds, run) => {
  let cancelled = false
  queueMicrotask(() => {
    if (!cancelled) run()
  })
  return () => {
    cancelled = true
  }
}

/** A driver that runs `body` for each line; `say` writes a line. */
function program(body: string): OpenTransport {
  const file = join(mkdtempSync(join(tmpdir(), 'driver-')), 'driver.cjs')
  writeFileSync(
    file,
    `const say = (o) => process.stdout.write((typeof o === 'string' ? o : JSON.stringify(o)) + '\\n')
     const hello = ${JSON.stringify(HELLO)}
     require('readline').createInterface(process.stdin).on('line', (line) => { const q = JSON.parse(line); ${body} })`,
  )
  return processTransport([process.execPath, file])
}
const handshake = `if (q.do === 'hello') return say({ id: q.id, ok: hello }); if (q.do === 'stop') process.exit(0);`

test('a driver serves requests and ends', async () => {
  const driver = await RemoteDriver.start(program(`${handshake} say({ id: q.id, ok: q.do })`), never)
  expect(await driver.request({ do: 'sync', session: 's' })).toEqual({ ok: 'sync' })
  await driver.stop()
  expect(driver.dead).toBe(true)
})

test.each([
  ['nonsense', `${handshake} say('nonsense')`, 'a line of the driver violates the protocol'],
  ['a reply without a request', `${handshake} say({ id: 99, ok: null })`, 'which has no request'],
  [
    'a reply without a result',
    `${handshake} say({ id: q.id })`,
    'a line of the driver violates the protocol',
  ],
  ['an end', `${handshake} console.error('why'); process.exit(7)`, 'the driver ended with exit code 7'],
])('%s fails the pending request with the reason', async (_what, body, said) => {
  const driver = await RemoteDriver.start(program(body), never)
  await expect(driver.request({ do: 'sync', session: 's' })).rejects.toThrow(said)
  expect(driver.dead).toBe(true)
})

test.each([
  [
    'another protocol',
    `say({ id: q.id, ok: { ...hello, protocol: 2 } })`,
    'supports protocol 2, this suite protocol 1',
  ],
  ['a refusal', `say({ id: q.id, unsupported: { reason: 'no' } })`, 'rejected hello'],
  ['an incomplete hello', `say({ id: q.id, ok: { protocol: 1 } })`, 'must have required property'],
])('%s ends the driver', async (_what, body, said) => {
  // Otherwise the process would keep the test running.
  await expect(RemoteDriver.start(program(body), never)).rejects.toThrow(said)
})

test('a driver that does not respond is ended', async () => {
  await expect(RemoteDriver.start(program(''), atOnce)).rejects.toThrow('no reply and no heartbeat for 30 s')
})

test('a program that does not exist', async () => {
  await expect(RemoteDriver.start(processTransport(['/no/such/driver']), never)).rejects.toThrow(
    'cannot be started',
  )
})
