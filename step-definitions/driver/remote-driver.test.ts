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
/** Time that never comes by itself. */
const never: Alarm = () => () => undefined
/** Time that is over at once. */
const atOnce: Alarm = (_seconds, run) => {
  let cancelled = false
  queueMicrotask(() => {
    if (!cancelled) run()
  })
  return () => {
    cancelled = true
  }
}

/** A driver that does `body` with each line; `say` writes one. */
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
const greets = `if (q.do === 'hello') return say({ id: q.id, ok: hello }); if (q.do === 'stop') process.exit(0);`

test('a driver that greets is asked, and ended', async () => {
  const driver = await RemoteDriver.start(program(`${greets} say({ id: q.id, ok: q.do })`), never)
  expect(await driver.request({ do: 'sync', session: 's' })).toEqual({ ok: 'sync' })
  await driver.stop()
  expect(driver.dead).toBe(true)
})

test.each([
  ['nonsense', `${greets} say('nonsense')`, "the driver's line breaks the protocol"],
  ['an answer that nobody asked for', `${greets} say({ id: 99, ok: null })`, 'which nobody asked'],
  ['an answer that is neither', `${greets} say({ id: q.id })`, "the driver's line breaks the protocol"],
  ['an end', `${greets} console.error('why'); process.exit(7)`, 'the driver has ended with exit code 7'],
])('%s fails whoever waits, and says so', async (_what, body, said) => {
  const driver = await RemoteDriver.start(program(body), never)
  await expect(driver.request({ do: 'sync', session: 's' })).rejects.toThrow(said)
  expect(driver.dead).toBe(true)
})

test.each([
  ['another protocol', `say({ id: q.id, ok: { ...hello, protocol: 2 } })`, 'speaks protocol 2, this suite 1'],
  ['a refusal', `say({ id: q.id, unsupported: { reason: 'no' } })`, 'refused the greeting'],
  ['half a greeting', `say({ id: q.id, ok: { protocol: 1 } })`, 'must have required property'],
])('%s instead of a greeting: it is ended', async (_what, body, said) => {
  // Were it left alone, this test would not end: its process would hold the event loop.
  await expect(RemoteDriver.start(program(body), never)).rejects.toThrow(said)
})

test('silence ends it', async () => {
  await expect(RemoteDriver.start(program(''), atOnce)).rejects.toThrow(
    'silent for 10 s, without a heartbeat',
  )
})

test('a program that is not there', async () => {
  await expect(RemoteDriver.start(processTransport(['/no/such/driver']), never)).rejects.toThrow(
    'cannot be started',
  )
})
