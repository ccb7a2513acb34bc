import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { afterTurn, ManualClock } from '../base/clock.ts'
import { useDataDirectory } from './testing/data-hubs.ts'

const data = useDataDirectory()
const { open, again } = data

const D1 = { deviceId: 'd1' }
const SEED = { devices: [{ deviceId: 'd1', key: Buffer.alloc(32, 1).toString('base64') }] }

test('a directory with state wins over the seed, and a reset goes back to it', async () => {
  const first = await open({ seed: SEED })
  first.registry.remove(D1, '*')
  first.registry.create({ deviceId: 'd2' })
  const second = await again({ seed: SEED })
  expect(second.identities().map(({ identity }) => identity.deviceId)).toEqual(['d2'])
  second.reset()
  const third = await again({ seed: SEED })
  expect(third.identities().map(({ identity }) => identity.deviceId)).toEqual(['d1'])
  const fresh = await again({ fresh: true })
  expect(fresh.identities()).toEqual([])
  expect(fresh.state).toMatch(/^kept in .* \(disk, new\)$/)
})

describe('no other user of the machine can read it', () => {
  /** The files that others can open: their own rights, and those of each folder above them. */
  const open = (folder: string): string[] =>
    (statSync(folder).mode & 0o011) === 0
      ? []
      : readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
          const path = join(folder, entry.name)
          if (entry.isDirectory()) return open(path)
          return (statSync(path).mode & 0o066) === 0 ? [] : [path]
        })
  const secret = (): string[] =>
    open(data.directory).filter((path) => !/certificates\/(ca|\.gitignore)/.test(path))

  test('when the hub has made the directory', async () => {
    const dataDirectory = join(data.directory, 'new')
    await data.open({ dataDirectory, seed: SEED })
    expect(statSync(dataDirectory).mode & 0o077).toBe(0)
  })

  test('when it was there, and open to all', async () => {
    chmodSync(data.directory, 0o755)
    await data.open({ seed: SEED })
    expect(secret()).toEqual([])
  })

  test('when an earlier version has left its database open to all', async () => {
    await data.open({ seed: SEED })
    chmodSync(data.directory, 0o755)
    chmodSync(join(data.directory, 'state'), 0o755)
    await data.again()
    expect(secret()).toEqual([])
  })
})

test('a second hub on the directory is refused', async () => {
  await open()
  await expect(open()).rejects.toThrow(/StoreLocked: .* is used by another hub/)
  await expect(open({ fresh: true })).rejects.toThrow(/StoreLocked/)
})

describe('faults of the store', () => {
  test('store.full: nothing is answered until there is room, and nothing is lost', async () => {
    const hub = await open({ seed: SEED, controlPort: 0 })
    const { id } = hub.faults.arm({ name: 'store.full', count: 'always' })
    let answered = false
    const answer = fetch(`${hub.controlUrl ?? ''}/devices`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"deviceId":"d2"}' },
    }).then(({ status }) => {
      answered = true
      return status
    })
    await hub.journal.until(
      ({ type, ...entry }) => type === 'fault' && 'phase' in entry && entry.phase === 'fired',
    )
    expect([answered, hub.storing]).toEqual([false, true])
    hub.faults.disarm(id)
    expect(await answer).toBe(201)
    const second = await again()
    expect(second.registry.find({ deviceId: 'd2' })).toBeDefined()
  })

  test('store.fail: the hub stops with the reason', async () => {
    const hub = await open({ seed: SEED })
    hub.faults.arm({ name: 'store.fail' })
    hub.registry.create({ deviceId: 'd2' })
    expect((await hub.failure).message).toBe('StoreFailed: the disk cannot be written (store.fail)')
    const second = await again()
    expect(second.registry.find({ deviceId: 'd2' })).toBeUndefined()
    expect(second.registry.find(D1)).toBeDefined()
  })

  test('store.slow: on the hub’s clock', async () => {
    const clock = new ManualClock()
    const hub = await open({ seed: SEED, clock })
    hub.faults.arm({ name: 'store.slow', parameters: { seconds: 5 } })
    hub.registry.create({ deviceId: 'd2' })
    await hub.journal.until(
      ({ type, ...entry }) => type === 'fault' && 'phase' in entry && entry.phase === 'fired',
    )
    clock.advance(4_999)
    expect(hub.storing).toBe(true)
    clock.advance(1)
    while (hub.storing) await new Promise<void>(afterTurn)
  })
})

test('the certificates are in the directory unless another has them', async () => {
  await open()
  expect(existsSync(join(data.directory, 'certificates'))).toBe(true)
  const certificateDirectory = join(data.directory, 'elsewhere')
  const dataDirectory = join(data.directory, 'second')
  await open({ dataDirectory, certificateDirectory })
  expect([existsSync(certificateDirectory), existsSync(join(dataDirectory, 'certificates'))]).toEqual([
    true,
    false,
  ])
})
