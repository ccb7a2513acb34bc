/** The flags of `mock-iot-hub`, each with its environment variable, and what they mean as options of `startMockHub`. */

import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { STORE_FILE } from '../net/certificates/certificate-store.ts'
import type { ServerCertificates } from '../net/certificates/server-certificates.ts'
import { isValidId } from '../core/contract/identity.ts'
import type { Tier } from '../core/contract/settings.ts'
import type { MockHubOptions } from '../host/options.ts'
import { parseSeed } from '../host/seed-file.ts'
import { mergeSeeds, type Seed } from '../host/seed.ts'
import { UsageError } from './usage-error.ts'

export interface Flags {
  readonly mqttPort?: number
  readonly httpsPort?: number
  readonly amqpPort?: number
  readonly amqp: boolean
  readonly controlPort?: number
  readonly controlAddress: string
  readonly controlToken?: string
  readonly listen: string
  readonly hostname: readonly string[]
  readonly device: readonly string[]
  readonly module: readonly string[]
  readonly seed?: string
  readonly dir: string
  readonly trustCa: readonly string[]
  readonly lenient: boolean
  readonly tier?: Tier
  readonly events: boolean
  readonly partitions: number
  readonly randomSeed?: number
  readonly blob: 'own' | 'azurite' | 'none'
  readonly blobConnectionString?: string
  readonly json: boolean
  readonly quiet: boolean
}

export const DEFAULT_PORTS = { mqtt: 8883, https: 443, amqp: 5671, control: 9443 } as const
export const DEFAULT_DIRECTORY = '.mock-iot-hub'
/** Served when nothing else is asked for. */
const FIRST_DEVICE = 'device-1'
const FIRST_MODULE = 'device-1/module-1'

/** Adds the flags that start a hub. */
export function addHubFlags(command: Command): Command {
  const flag = (text: string, about: string, variable: string): Option =>
    new Option(text, about).env(variable)
  return command
    .addOption(
      flag('--mqtt-port <n>', 'MQTT over TLS; 0: any free port (8883)', 'MOCK_IOT_HUB_MQTT_PORT').argParser(
        port,
      ),
    )
    .addOption(
      flag('--https-port <n>', 'HTTPS and WebSocket (443, else 8443)', 'MOCK_IOT_HUB_HTTPS_PORT').argParser(
        port,
      ),
    )
    .addOption(flag('--amqp-port <n>', 'AMQP over TLS (5671)', 'MOCK_IOT_HUB_AMQP_PORT').argParser(port))
    .addOption(flag('--no-amqp', 'no AMQP, not over WebSocket either', 'MOCK_IOT_HUB_NO_AMQP'))
    .addOption(
      flag('--partitions <n>', 'of the Event Hubs-compatible endpoint, 1 to 32', 'MOCK_IOT_HUB_PARTITIONS')
        .argParser(partitionCount)
        .default(4),
    )
    .addOption(
      flag(
        '--control-port <n>',
        'control listener, on loopback (9443)',
        'MOCK_IOT_HUB_CONTROL_PORT',
      ).argParser(port),
    )
    .addOption(
      flag('--listen <address>', 'where devices reach it', 'MOCK_IOT_HUB_LISTEN').default('127.0.0.1'),
    )
    .addOption(
      flag(
        '--hostname <name...>',
        'names in the certificate; the first in connection strings',
        'MOCK_IOT_HUB_HOSTNAME',
      )
        .argParser(list)
        .default([]),
    )
    .addOption(
      flag('--device <id...>', 'register a device', 'MOCK_IOT_HUB_DEVICE').argParser(list).default([]),
    )
    .addOption(
      flag('--module <device/id...>', 'register a module', 'MOCK_IOT_HUB_MODULE').argParser(list).default([]),
    )
    .addOption(flag('--seed <file>', 'identities, twins and routes, YAML or JSON', 'MOCK_IOT_HUB_SEED'))
    .addOption(
      flag('--dir <path>', 'keeps the CA here; keys grow from it', 'MOCK_IOT_HUB_DIR').default(
        DEFAULT_DIRECTORY,
      ),
    )
    .addOption(
      flag('--trust-ca <file...>', 'roots that X.509 CA devices may chain to', 'MOCK_IOT_HUB_TRUST_CA')
        .argParser(list)
        .default([]),
    )
    .addOption(
      flag('--strict', 'refuse what the real hub refuses (default)', 'MOCK_IOT_HUB_STRICT').conflicts(
        'lenient',
      ),
    )
    .addOption(
      flag('--lenient', 'accept what some hubs accept; each is logged', 'MOCK_IOT_HUB_LENIENT').default(
        false,
      ),
    )
    .addOption(
      flag('--tier <tier>', 'throttles and quota of F1, B1 to B3 or S1 to S3', 'MOCK_IOT_HUB_TIER').choices([
        'F1',
        'B1',
        'B2',
        'B3',
        'S1',
        'S2',
        'S3',
      ]),
    )
    .addOption(
      flag(
        '--events',
        'twin, lifecycle and connection events to the event stream',
        'MOCK_IOT_HUB_EVENTS',
      ).default(false),
    )
    .addOption(
      flag(
        '--random-seed <n>',
        'repeat a run: everything random grows from it',
        'MOCK_IOT_HUB_RANDOM_SEED',
      ).argParser(whole),
    )
    .addOption(
      flag('--blob <where>', 'uploads: own, azurite or none', 'MOCK_IOT_HUB_BLOB')
        .choices(['own', 'azurite', 'none'])
        .default('own'),
    )
    .addOption(
      flag(
        '--blob-connection-string <text>',
        'uploads to this storage account',
        'MOCK_IOT_HUB_BLOB_CONNECTION_STRING',
      ),
    )
    .addOption(
      flag(
        '--control-address <address>',
        'beyond loopback it needs a token',
        'MOCK_IOT_HUB_CONTROL_ADDRESS',
      ).default('127.0.0.1'),
    )
    .addOption(
      flag('--control-token <text>', 'bearer token of the control listener', 'MOCK_IOT_HUB_CONTROL_TOKEN'),
    )
    .addOption(flag('--json', 'JSON lines for programs', 'MOCK_IOT_HUB_JSON').default(false))
    .addOption(flag('--quiet', 'no line a message', 'MOCK_IOT_HUB_QUIET').default(false))
}

/**
 * @throws UsageError naming the flag, the rule and what was given.
 */
export async function hubOptions(
  flags: Flags,
): Promise<Omit<MockHubOptions, 'mqttPort' | 'httpsPort' | 'controlPort' | 'amqpPort'>> {
  const [hostName, ...hostnames] = flags.hostname
  const directory = resolve(flags.dir)
  return {
    hostName,
    hostnames,
    address: flags.listen,
    controlAddress: flags.controlAddress,
    controlToken: flags.controlToken,
    certificateDirectory: directory,
    trustedAuthorities: flags.trustCa.map((file) => fileText('--trust-ca', file)),
    seed: await seedOf(flags),
    lenient: flags.lenient,
    partitions: flags.partitions,
    blob:
      flags.blobConnectionString === undefined
        ? flags.blob === 'none'
          ? false
          : flags.blob
        : { connectionString: flags.blobConnectionString },
    workload: { socketPath: join(directory, 'workload.sock'), port: 0 },
    settings: {
      ...(flags.tier === undefined ? {} : { tier: flags.tier }),
      ...(flags.randomSeed === undefined ? {} : { seed: flags.randomSeed }),
      ...(flags.events
        ? {
            eventSources: [
              'twinChangeEvents',
              'deviceLifecycleEvents',
              'deviceConnectionStateEvents',
            ] as const,
          }
        : {}),
    },
    keyOf: keysFrom(flags),
  }
}

async function seedOf(flags: Flags): Promise<Seed> {
  const fromFile = flags.seed === undefined ? {} : await seedFile(flags.seed)
  const asked: Seed = {
    devices: [
      ...flags.device.map((deviceId) => ({ deviceId: checkedId('--device', deviceId) })),
      ...flags.module.map((text) => {
        const [deviceId = '', moduleId, ...more] = text.split('/')
        if (moduleId === undefined || more.length > 0)
          throw new UsageError(`--module takes DEVICE/NAME, got ${text}`)
        return {
          deviceId: checkedId('--module', deviceId),
          modules: [{ moduleId: checkedId('--module', moduleId) }],
        }
      }),
    ],
  }
  const seed = mergeSeeds(fromFile, asked)
  if ((seed.devices ?? []).length > 0 || flags.seed !== undefined) return seed
  return seedOf({ ...flags, device: [FIRST_DEVICE], module: [FIRST_MODULE] })
}

async function seedFile(file: string): Promise<Seed> {
  const text = fileText('--seed', file)
  try {
    return await parseSeed(text, `--seed ${file}`)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Keys grow from the private key of the CA that is kept, so that connection strings survive a restart; or from
 * `--random-seed`. The file is there by the time the first key is needed: certificates come first.
 */
function keysFrom({ dir, randomSeed }: Flags): (purpose: string) => string {
  let secret: string | undefined
  return (purpose) => {
    secret ??= randomSeed === undefined ? authorityKey(dir) : `seed ${String(randomSeed)}`
    return createHmac('sha256', secret).update(purpose).digest('base64')
  }
}

function authorityKey(dir: string): string {
  // The store has just written it, or found it whole.
  const { authority } = JSON.parse(fileText('--dir', join(dir, STORE_FILE))) as ServerCertificates
  return authority.key
}

function fileText(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag}: ${file} cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
}

function checkedId(flag: string, id: string): string {
  if (!isValidId(id))
    throw new UsageError(
      `${flag}: an ID has 1 to 128 letters, digits or - . + % _ # * ? ! ( ) , : = @ $ ' ; got "${id}"`,
    )
  return id
}

function port(text: string): number {
  const value = whole(text)
  if (value > 65_535)
    throw new InvalidArgumentError(`It must be a whole number from 0 to 65535, got ${text}.`)
  return value
}

function partitionCount(text: string): number {
  const value = whole(text)
  if (value < 1 || value > 32)
    throw new InvalidArgumentError(`It must be a whole number from 1 to 32, got ${text}.`)
  return value
}

function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError(`It must be a whole number, got "${text}".`)
  return Number(text)
}

/** Repeated, or separated by commas or blanks as in an environment variable. */
function list(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(/[\s,]+/).filter((part) => part !== '')]
}
