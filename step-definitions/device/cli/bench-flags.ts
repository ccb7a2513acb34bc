/** Starts the bench of a command, and says what the device needs. */

import { mkdtempSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubClock } from 'mock-iot-hub'
import { UsageError } from '../../conformance/usage-error.ts'
import { Bench } from '../conductor/bench.ts'
import { readDeviceFile } from '../file/read.ts'
import type { DeviceFile } from '../file/device-file.ts'

export interface BenchFlags {
  readonly address: string
  readonly hostName: string
  readonly mqttPort: string
  readonly httpsPort: string
  readonly dnsPort: string
  readonly ntpPort: string
  readonly secondAddress?: string
  readonly certificates?: string
  readonly key?: string
}

export interface OpenBench {
  readonly bench: Bench
  readonly clock: HubClock
  readonly file: DeviceFile
  /** What the device is given, as variables for its program. */
  readonly env: Readonly<Record<string, string>>
  readonly caFile: string
  stop(): Promise<void>
}

/** Ports where a device that speaks without TLS would look. */
const CLEAR_PORTS = [1883, 80]

/** @throws UsageError. */
function portOf(flag: string, text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`${flag}: must be a port from 0 to 65535, got ${text}`)
  return port
}

/** @throws UsageError. */
function addressOf<T extends string | undefined>(flag: string, text: T): T {
  if (text !== undefined && isIP(text) !== 4)
    throw new UsageError(`${flag}: must be an IPv4 address, got ${text}`)
  return text
}

/** @throws DeviceFileError; the system's error for a port that cannot be had. */
export async function openBench(path: string, flags: BenchFlags): Promise<OpenBench> {
  const file = readDeviceFile(path)
  const clock = new HubClock()
  const hubClock = new HubClock()
  const directory = flags.certificates ?? mkdtempSync(join(tmpdir(), 'iot-hub-device-'))
  const keys = flags.key === undefined ? undefined : ([flags.key, flags.key] as const)
  const bench = await Bench.start({
    ...{ file, clock, hubClock, hostName: flags.hostName, address: addressOf('--address', flags.address) },
    ...{
      mqttPort: portOf('--mqtt-port', flags.mqttPort),
      httpsPort: portOf('--https-port', flags.httpsPort),
    },
    network: {
      dnsPort: portOf('--dns-port', flags.dnsPort),
      ntpPort: portOf('--ntp-port', flags.ntpPort),
      secondAddress: addressOf('--second-address', flags.secondAddress),
    },
    ...{ certificateDirectory: directory, decoyPorts: CLEAR_PORTS, warmUp: true },
    ...(keys === undefined ? {} : { keys }),
  })
  const { hub } = bench
  const caFile = join(directory, 'hub-ca.pem')
  writeFileSync(caFile, hub.caPem)
  const { certificate } = bench
  const certFile = join(directory, 'device-cert.pem')
  const keyFile = join(directory, 'device-key.pem')
  if (certificate !== undefined) {
    writeFileSync(certFile, certificate.cert)
    writeFileSync(keyFile, certificate.key, { mode: 0o600 })
  }
  return {
    ...{ bench, clock, file, caFile },
    env: {
      IOTHUB_DEVICE_CONNECTION_STRING: bench.connectionString,
      IOTHUB_DEVICE_HOSTNAME: hub.hostName,
      IOTHUB_DEVICE_ID: file.device.id,
      IOTHUB_CA_FILE: caFile,
      ...(certificate === undefined ? {} : { IOTHUB_CERT_FILE: certFile, IOTHUB_KEY_FILE: keyFile }),
      IOTHUB_ADDRESS: flags.address,
      IOTHUB_MQTT_PORT: String(hub.mqttPort),
      IOTHUB_HTTPS_PORT: String(hub.httpsPort),
      NODE_EXTRA_CA_CERTS: caFile,
      SSL_CERT_FILE: caFile,
    },
    stop: async () => {
      await bench.stop()
      clock.stop()
      hubClock.stop()
    },
  }
}

/** What the device needs, for copying. */
export function needsText({ bench, caFile }: OpenBench): string {
  const { hub, dns, ntp, relay } = bench
  return [
    bench.connectionString,
    `CA: ${caFile} (${String(hub.caPem.split('BEGIN CERTIFICATE').length - 1)} roots)`,
    `${hub.hostName} → ${hub.address}   ports ${String(hub.mqttPort)} (MQTT) and ${String(hub.httpsPort)} (HTTPS, WebSocket)`,
    ...(dns === undefined
      ? []
      : [
          `DNS: ${hub.address}:${String(dns.port)}${relay === undefined ? '' : `, moves to ${relay.address}`}`,
        ]),
    ...(ntp === undefined ? [] : [`time (SNTP): ${hub.address}:${String(ntp.port)}`]),
  ].join('\n')
}
