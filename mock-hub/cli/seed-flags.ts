/** The seed that the flags `--seed`, `--device` and `--module` describe. */

import type { HubSnapshot } from '../core/contract/services/snapshots.ts'
import type { MockHub } from '../host/mock-hub.ts'
import { identityKey, type Identity } from '../core/contract/identity.ts'
import { parseSeed } from '../host/seed/seed-file.ts'
import { mergeSeeds, type Seed, type SeedDevice } from '../host/seed/seed.ts'
import { isSnapshot } from '../host/seed/snapshot-seed.ts'
import { fileText } from './file-text.ts'
import type { Flags } from './flags.ts'
import { checkedId } from './flag-values.ts'
import { UsageError } from './usage-error.ts'

/** Registered when the flags name no identity. */
const DEFAULT_IDENTITIES = { device: ['device-1'], module: ['device-1/module-1'] }

/** @throws UsageError with the flag, the rule and the given value. */
export async function seedOf(flags: Pick<Flags, 'seed' | 'device' | 'module'>): Promise<Seed | HubSnapshot> {
  const fromFile = flags.seed === undefined ? {} : await seedFile(flags.seed)
  if (isSnapshot(fromFile)) {
    if (flags.device.length + flags.module.length === 0) return fromFile
    throw new UsageError('--device, --module: expected none beside a snapshot, which is the whole state')
  }
  const seed = mergeSeeds(fromFile, { devices: identitiesOf(flags) })
  const isEmpty = (seed.devices ?? []).length === 0
  return isEmpty && flags.seed === undefined ? { devices: identitiesOf(DEFAULT_IDENTITIES) } : seed
}

/**
 * Registers what `--device` and `--module` name and a data directory with state does not have: it was not filled with them.
 * @param keyOf as for a seed.
 */
export function registerMissing(
  { registry }: Pick<MockHub, 'registry'>,
  flags: Pick<Flags, 'device' | 'module'>,
  keyOf: (purpose: string) => string,
): void {
  const put = (identity: Identity): void => {
    if (registry.find(identity) !== undefined) return
    const name = identityKey(identity)
    const symmetricKey = {
      primaryKey: keyOf(`${name} primary`),
      secondaryKey: keyOf(`${name} secondary`),
    }
    registry.create(identity, { authentication: { type: 'sas', symmetricKey } })
  }
  for (const { deviceId, modules = [] } of identitiesOf(flags)) {
    put({ deviceId })
    for (const { moduleId } of modules) put({ deviceId, moduleId })
  }
}

function identitiesOf({ device, module }: Pick<Flags, 'device' | 'module'>): readonly SeedDevice[] {
  const devices: Seed = { devices: device.map((deviceId) => ({ deviceId: checkedId('--device', deviceId) })) }
  return mergeSeeds(devices, { devices: module.map(deviceWithModule) }).devices ?? []
}

function deviceWithModule(text: string): SeedDevice {
  const [deviceId = '', moduleId, ...more] = text.split('/')
  if (moduleId === undefined || more.length > 0)
    throw new UsageError(`--module: expected it to be DEVICE/MODULE; given: "${text}"`)
  return {
    deviceId: checkedId('--module', deviceId),
    modules: [{ moduleId: checkedId('--module', moduleId) }],
  }
}

async function seedFile(file: string): Promise<Seed | HubSnapshot> {
  const text = fileText('--seed', file)
  try {
    return await parseSeed(text, `--seed ${file}`)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
