/** The bench: a hub on the ports that devices dial, the identity of the device, its recording, and the conductor's own connection. */

import { randomBytes, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { createServer, type Server } from 'node:net'
import {
  startMockHub,
  type Clock,
  type FaultDefinition,
  type HubClock,
  type Identity,
  type MockHub,
} from 'mock-iot-hub'
import mqttPacket from 'mqtt-packet'
import { generate } from 'selfsigned'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { token } from '../../raw-clients/token.ts'
import type { DeviceFile } from '../file/device-file.ts'
import { DnsResponder } from '../network/dns.ts'
import { Relay } from '../network/relay.ts'
import { SntpResponder } from '../network/sntp.ts'
import { Recorder } from '../recording/recorder.ts'

export interface BenchOptions {
  readonly file: DeviceFile
  /** The time of the bench: it never jumps. */
  readonly clock: Clock
  /** The time of the hub: provocations move it. */
  readonly hubClock: HubClock
  readonly hostName: string
  readonly address: string
  /** 0: any free ports. */
  readonly mqttPort: number
  readonly httpsPort: number
  readonly certificateDirectory?: string | undefined
  /** Whether the port of MQTT without TLS can be watched. */
  readonly decoyPorts: readonly number[]
  /** Whether other certificates are made before the run: making them takes time that no device should wait for. */
  readonly warmUp: boolean
  /** Keys of the device, base64; random when left out. */
  readonly keys?: readonly [string, string] | undefined
  /** What the bench serves beside the hub, when the device file asks for it. */
  readonly network?: {
    /** 0: any free port. */
    readonly dnsPort: number
    readonly ntpPort: number
    /** Undefined: the hub has one address. */
    readonly secondAddress?: string | undefined
  }
  /** Certificate of a device with `auth: x509`; a new one when left out. */
  readonly certificate?: DeviceCertificate | undefined
}

/** PEM. */
export interface DeviceCertificate {
  readonly key: string
  readonly cert: string
}

export class Bench {
  readonly hub: MockHub
  readonly recorder: Recorder
  readonly clock: Clock
  readonly hubClock: HubClock
  readonly identity: Identity
  readonly options: BenchOptions
  readonly #decoys: Server[] = []
  readonly #own = new Set<TLSSocket>()
  /** Undefined: the device does not use the DNS of the suite. */
  dns: DnsResponder | undefined
  /** Undefined: the device does not use the time of the suite. */
  ntp: SntpResponder | undefined
  /** Undefined: the bench has one address. */
  relay: Relay | undefined
  /** Keys that the device holds. */
  readonly keys: readonly [string, string]

  /** Undefined: the device has keys. */
  readonly certificate: DeviceCertificate | undefined

  private constructor(
    hub: MockHub,
    options: BenchOptions,
    keys: readonly [string, string],
    certificate: DeviceCertificate | undefined,
  ) {
    this.certificate = certificate
    this.hub = hub
    this.options = options
    this.keys = keys
    this.clock = options.clock
    this.hubClock = options.hubClock
    const { id, moduleId } = options.file.device
    this.identity = { deviceId: id, ...(moduleId === undefined ? {} : { moduleId }) }
    const secrets = keys.flatMap((key, at): readonly (readonly [string, string])[] => [
      [at === 0 ? 'the primary key' : 'the secondary key', key],
      [
        at === 0 ? 'the primary key, percent-encoded' : 'the secondary key, percent-encoded',
        encodeURIComponent(key),
      ],
    ])
    this.recorder = new Recorder({
      ...{ clock: options.clock, journal: hub.journal },
      secrets: () => secrets,
    })
  }

  /** @throws the system's error for a port that cannot be had. */
  static async start(options: BenchOptions): Promise<Bench> {
    const { file, hostName, address, mqttPort, httpsPort, hubClock, certificateDirectory } = options
    const keys = options.keys ?? [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    const { id: deviceId, moduleId } = file.device
    const certificate =
      file.auth.kind === 'x509'
        ? (options.certificate ?? (await newCertificate(deviceId, hubClock.now())))
        : undefined
    const authentication =
      certificate !== undefined
        ? {
            type: 'selfSigned' as const,
            x509Thumbprint: { primaryThumbprint: thumbprintOf(certificate), secondaryThumbprint: null },
          }
        : { type: 'sas' as const, symmetricKey: { primaryKey: keys[0], secondaryKey: keys[1] } }
    const hub = await startMockHub({
      ...{ hostName, address, mqttPort, httpsPort, clock: hubClock, certificateDirectory },
      ...{ controlPort: false, amqpPort: false, rsaCertificate: true, observeHandshakes: true },
      settings: { dropLinkOnKeyChange: true, fileNotifications: true },
    })
    hub.registry.create({ deviceId }, moduleId === undefined ? { authentication } : {})
    if (moduleId !== undefined) hub.registry.create({ deviceId, moduleId }, { authentication })
    if (options.warmUp) await warmUp(hub)
    if (file.does.upload !== undefined) await warmUpHttps(hub)
    const bench = new Bench(hub, options, keys, certificate)
    try {
      for (const port of options.decoyPorts) await bench.#openDecoy(port)
      await bench.#openNetwork()
    } catch (error) {
      await bench.stop()
      throw error
    }
    return bench
  }

  /** @throws the system's error for a port or an address that cannot be had. */
  async #openNetwork(): Promise<void> {
    const { file, network, address, clock } = this.options
    const { hub, recorder } = this
    if (network === undefined) return
    if (file.network.ntp === 'suite')
      this.ntp = await SntpResponder.start({
        ...{ address, port: network.ntpPort, clock },
        asked: (offsetSeconds) => recorder.record({ type: 'ntp', offsetSeconds }),
      })
    if (file.network.dns !== 'suite') return
    this.dns = await DnsResponder.start({
      ...{ address, port: network.dnsPort, hostName: hub.hostName },
      others: this.ntp === undefined ? undefined : address,
      asked: (name, answer) => recorder.record({ type: 'dns', name, answer }),
    })
    if (network.secondAddress !== undefined)
      this.relay = await Relay.start({
        ...{ address: network.secondAddress, hubAddress: address },
        port: file.transport === 'mqtt-ws' ? hub.httpsPort : hub.mqttPort,
        relayed: (peer) => recorder.record({ type: 'relayed', peer }),
      })
  }

  /** Whether a link came in at the second address. */
  isRelayed(link: string): boolean {
    const { entries } = this.recorder
    const opened = entries.find((entry) => entry.type === 'link-opened' && entry.link === link)
    return entries.some(
      (entry) => entry.type === 'relayed' && opened?.type === 'link-opened' && entry.peer === opened.peer,
    )
  }

  get connectionString(): string {
    return this.hub.connectionString(this.identity)
  }

  /** Nothing is ever answered there. A port that cannot be had is not watched. */
  #openDecoy(port: number): Promise<void> {
    const server = createServer((socket) => {
      const { remoteAddress = '', remotePort = 0 } = socket
      let bytes = 0
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.recorder.record({ type: 'decoy', port, peer: `${remoteAddress}:${String(remotePort)}`, bytes })
      })
      this.clock.schedule(3_000, () => socket.destroy())
    })
    this.#decoys.push(server)
    return new Promise((resolve) => {
      server.once('error', () => {
        resolve()
      })
      server.listen(port, this.options.address, resolve)
    })
  }

  get decoyPorts(): readonly number[] {
    return this.#decoys.flatMap((server) => {
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : []
    })
  }

  /** The conductor's own connection through the device's port, as an identity of its own: shows that the way is open. */
  async probe(): Promise<boolean> {
    const { registry } = this.hub
    const identity = { deviceId: 'conductor-probe' }
    if (registry.find(identity) === undefined) registry.create(identity)
    const outcome = await this.connectAs(identity, 5)
    outcome.socket?.destroy()
    this.recorder.record({
      type: 'probe',
      ok: outcome.code === 0,
      ...(outcome.code === 0 ? {} : { text: outcome.text }),
    })
    return outcome.code === 0
  }

  /** Connects as an identity. @returns the code of CONNACK, or -1 with the reason. */
  connectAs(
    identity: Identity,
    seconds: number,
    onClose: () => void = () => undefined,
  ): Promise<{ readonly code: number; readonly text: string; readonly socket?: TLSSocket }> {
    const { hub } = this
    const { hostName, address, mqttPort, caPem } = hub
    const certificate = identity === this.identity ? this.certificate : undefined
    const key = hub.registry.get(identity).authentication.symmetricKey.primaryKey ?? ''
    const name =
      identity.moduleId === undefined ? identity.deviceId : `${identity.deviceId}/${identity.moduleId}`
    const se = String(Math.floor(this.hubClock.now() / 1000) + 3_600)
    const sr = encodeURIComponent(`${hostName}/devices/${name.replace('/', '/modules/')}`)
    return new Promise((resolve) => {
      const socket = connectTls({
        ...{ host: address, port: mqttPort, servername: hostName, ca: caPem },
        ...certificate,
      })
      this.#own.add(socket)
      const done = (code: number, text: string): void => {
        cancel()
        if (code !== 0) socket.destroy()
        resolve(code === 0 ? { code, text, socket } : { code, text })
      }
      const cancel = this.clock.schedule(seconds * 1000, () => {
        done(-1, 'no answer')
      })
      // The local address exists before the hub has accepted.
      socket.once('connect', () => {
        this.recorder.disown(`${socket.localAddress ?? ''}:${String(socket.localPort ?? 0)}`)
      })
      socket.on('error', (error: Error) => {
        done(-1, error.message)
      })
      socket.on('close', () => {
        this.#own.delete(socket)
        done(-1, 'closed')
        onClose()
      })
      socket.once('secureConnect', () => {
        socket.write(
          mqttPacket.generate({
            ...{
              cmd: 'connect',
              protocolId: 'MQTT',
              protocolVersion: 4,
              clean: true,
              keepalive: 60,
              clientId: name,
            },
            username: `${hostName}/${name}/?api-version=2021-04-12`,
            ...(certificate === undefined ? { password: Buffer.from(token({ sr, key, se })) } : {}),
          }),
        )
      })
      socket.once('data', (bytes: Buffer) => {
        done(bytes[0] === 0x20 ? (bytes[3] ?? -1) : -1, 'CONNACK')
      })
    })
  }

  async stop(): Promise<void> {
    for (const socket of this.#own) socket.destroy()
    for (const server of this.#decoys) server.close()
    for (const one of [this.dns, this.ntp, this.relay]) one?.stop()
    await this.hub.stop()
    this.recorder.stop()
  }
}

const OTHER_CERTIFICATES: readonly FaultDefinition[] = [
  ...['missing_issuer', 'self_signed_leaf', 'self_signed_root'].map((chain) => ({
    ...{ name: 'tls.unknown_ca', parameters: { chain } },
  })),
  ...['other', 'below'].map((name) => ({ name: 'tls.wrong_name', parameters: { name } })),
  ...['expired', 'not_yet_valid', 'rotated', 'other_root', 'many_names'].map((name) => ({
    ...{ name: `tls.${name}` },
  })),
]

/** Makes the certificates of the faults: the hub keeps them. */
async function warmUp({ faults, address, mqttPort, hostName }: MockHub): Promise<void> {
  for (const fault of OTHER_CERTIFICATES) {
    const { id } = faults.arm(fault)
    await new Promise<void>((resolve) => {
      const socket = connectTls({
        host: address,
        port: mqttPort,
        servername: hostName,
        rejectUnauthorized: false,
      })
      const done = (): void => {
        socket.destroy()
        resolve()
      }
      socket.once('secureConnect', done).once('close', done).on('error', done)
    })
    faults.disarm(id)
  }
}

/** The hub loads what serves HTTPS when the first request comes, which takes time that no device should wait for. */
function warmUpHttps({ address, httpsPort, hostName, caPem }: MockHub): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      resolve()
    }
    request(
      { host: address, port: httpsPort, servername: hostName, ca: caPem, path: '/', agent: false },
      (answer) => {
        answer.resume().once('end', done)
      },
    )
      .once('error', done)
      .end()
  })
}

const DAY_MS = 86_400_000

/** @param now epoch ms at the hub, which looks at dates. */
async function newCertificate(commonName: string, now: number): Promise<DeviceCertificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256' },
    ...{ notBeforeDate: new Date(now - DAY_MS), notAfterDate: new Date(now + 365 * DAY_MS) },
  })
  return { key, cert }
}

function thumbprintOf({ cert }: DeviceCertificate): string {
  return new X509Certificate(cert).fingerprint.replaceAll(':', '')
}
