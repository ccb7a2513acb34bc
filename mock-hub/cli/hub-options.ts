/** The options of `startMockHub` that the flags ask for; `start-hub.ts` chooses the ports. */

import { join, resolve } from 'node:path'
import type { MockHubOptions } from '../host/options.ts'
import { freeSocketPath } from '../net/socket-file.ts'
import { fileText } from './file-text.ts'
import type { Flags } from './flags.ts'
import { seedOf } from './seed-flags.ts'
import { stableKeys } from './stable-keys.ts'

type Ports = 'mqttPort' | 'httpsPort' | 'controlPort' | 'amqpPort'

/** @throws UsageError with the flag, the rule and the given value. */
export async function hubOptions(
  flags: Flags,
): Promise<Omit<MockHubOptions, Ports> & { readonly keyOf: (purpose: string) => string }> {
  const [hostName, ...hostnames] = flags.hostname
  const directory = resolve(flags.dir)
  return {
    hostName,
    hostnames,
    ...(flags.parallel ? { parallel: true } : { address: flags.listen }),
    controlAddress: flags.controlAddress,
    controlToken: flags.controlToken,
    certificateDirectory: directory,
    ...(flags.ephemeral ? {} : { dataDirectory: flags.data, fresh: flags.fresh }),
    durability: flags.durability,
    trustedAuthorities: flags.trustCa.map((file) => fileText('--trust-ca', file)),
    seed: await seedOf(flags),
    provisioning: flags.dps,
    idScope: flags.idScope,
    lenient: flags.lenient,
    partitions: flags.partitions,
    blob: blobOf(flags),
    workload: await workloadAt(directory),
    settings: settingsOf(flags),
    keyOf: stableKeys(directory, flags.randomSeed),
  }
}

/** Hubs may share a directory: each has a socket for itself. */
export async function workloadAt(
  directory: string,
): Promise<{ readonly socketPath: string; readonly port: number; readonly onDemand: true }> {
  return { socketPath: await freeSocketPath(join(directory, 'workload')), port: 0, onDemand: true }
}

function blobOf({ blob, blobConnectionString }: Flags): NonNullable<MockHubOptions['blob']> {
  if (blobConnectionString !== undefined) return { connectionString: blobConnectionString }
  return blob === 'none' ? false : blob
}

/** A flag of its own wins over `--setting`. */
function settingsOf({ setting, tier, randomSeed, events }: Flags): NonNullable<MockHubOptions['settings']> {
  return {
    ...setting,
    ...(tier === undefined ? {} : { tier }),
    ...(randomSeed === undefined ? {} : { seed: randomSeed }),
    ...(events === undefined ? {} : { eventSources: events }),
  }
}
