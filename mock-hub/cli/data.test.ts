import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from './program.ts'
import { terminal } from './testing/fake-terminal.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mock-iot-hub-cli-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command. @param ready receives the ready line of a hub, and ends it with a signal. */
async function called(
  args: readonly string[],
  ready: (about: { readonly controlUrl: string }) => Promise<'SIGTERM' | undefined> = () =>
    Promise.resolve('SIGTERM'),
): Promise<Ended> {
  const at = terminal()
  let isReady = false
  at.stdout.on('data', () => {
    const line = at.out.split('\n').find((one) => one.includes('"ready":true'))
    if (isReady || line === undefined) return
    isReady = true
    void ready(JSON.parse(line) as { controlUrl: string }).then((signal) => {
      if (signal !== undefined) at.signals.emit(signal)
    })
  })
  return { code: await run(args, at), out: at.out, err: at.err }
}

const hub = (...more: readonly string[]): readonly string[] => [
  ...['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0', '--json'],
  ...['--dir', join(root, 'ca'), '--data', join(root, 'data'), ...more],
]

async function devices({ controlUrl }: { readonly controlUrl: string }): Promise<readonly string[]> {
  const all = (await (await fetch(`${controlUrl}/devices`)).json()) as { deviceId: string }[]
  return all.map(({ deviceId }) => deviceId)
}

test('--data keeps, --device adds, --fresh forgets, --ephemeral leaves alone', async () => {
  const seen: (readonly string[])[] = []
  const look = async (about: { readonly controlUrl: string }) => {
    seen.push(await devices(about))
    return 'SIGTERM' as const
  }
  const first = await called(hub('--device', 'a'), async (about) => {
    await fetch(`${about.controlUrl}/devices`, {
      ...{ method: 'POST', body: '{"deviceId":"b"}', headers: { 'content-type': 'application/json' } },
    })
    return look(about)
  })
  expect(first).toMatchObject({ code: 0 })
  expect(first.out).toMatch(/"state":"kept in [^"]*data \(disk, new\)"/)
  const second = await called(hub('--device', 'c', '--durability', 'process'), look)
  expect(second.out).toMatch(/"state":"kept in [^"]*data \(process, group \d+\)"/)
  expect((await called(hub('--ephemeral', '--device', 'd'), look)).out).not.toContain('"state"')
  await called(hub(), look)
  await called(hub('--fresh', '--device', 'e'), look)
  expect(seen).toEqual([['a', 'b'], ['a', 'b', 'c'], ['d'], ['a', 'b', 'c'], ['e']])
})

test('data check, export, import and salvage', async () => {
  await called(hub('--device', 'a'))
  const data = join(root, 'data')
  const checked = await called(['data', 'check', data])
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.out).toMatch(/^group \d+ of .*\n[^]*\n {2}identity +1\n/)
  const file = join(root, 'all.jsonl')
  expect((await called(['data', 'export', data, file])).out).toBe(checked.out)
  expect(await called(['data', 'import', file, join(root, 'new')])).toMatchObject({ code: 0, err: '' })
  expect((await called(['data', 'salvage', data, '--into', join(root, 'saved')])).out).toContain(
    'missing: 0 of',
  )
  for (const made of ['new', 'saved'])
    expect((await called(['data', 'check', join(root, made)])).out).toContain('  identity             1')
  expect(await called(['data', 'check', join(root, 'none')])).toMatchObject({
    code: 1,
    err: `mock-iot-hub: StoreFailed: ${join(root, 'none')} keeps no state of a hub\n`,
  })
})

test('an export is for its owner alone, also where a file of others stood', async () => {
  await called(hub('--device', 'a'))
  for (const name of ['new.jsonl', 'old.jsonl']) {
    const file = join(root, name)
    if (name === 'old.jsonl') writeFileSync(file, 'text', { mode: 0o644 })
    expect((await called(['data', 'export', join(root, 'data'), file])).code).toBe(0)
    expect(statSync(file).mode & 0o077).toBe(0)
  }
})

test('when the state cannot be stored, the command ends with the reason', async () => {
  const { code, err, out } = await called(hub('--device', 'a'), async ({ controlUrl }) => {
    const headers = { 'content-type': 'application/json' }
    await fetch(`${controlUrl}/faults`, { method: 'POST', headers, body: '{"name":"store.fail"}' })
    // It is not answered.
    await fetch(`${controlUrl}/devices`, { method: 'POST', headers, body: '{"deviceId":"b"}' }).catch(
      () => undefined,
    )
    return undefined
  })
  expect(code).toBe(1)
  expect(err).toContain('mock-iot-hub: StoreFailed: the disk cannot be written (store.fail)\n')
  expect(out).toContain('"event":"error"')
})
