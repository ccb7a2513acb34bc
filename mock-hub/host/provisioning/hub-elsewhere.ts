/** A linked hub elsewhere: the provisioning service creates and moves devices through its service API. */

import { createHmac } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { HubClock, type Clock } from '../../base/clock.ts'
import { BASE64_RULE, base64Problem } from '../../base/base64.ts'
import { InvalidInput } from '../../base/invalid-input.ts'
import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'
import { withoutSecrets } from '../../base/secrets.ts'
import {
  HubCredentialRefused,
  type AssignedTwin,
  type Assignment,
  type ConnectHub,
  type HubElsewhere,
  type LinkedHub,
} from '../../provisioning/contract/linked-hub.ts'
import { ask } from './outgoing-request.ts'

export interface ElsewhereOptions {
  /** Of this hub: its time ends requests without an answer. */
  readonly clock: Clock
  /** Roots of this hub, which another mock on this machine may share. */
  readonly caPem: () => string
}

interface Parsed {
  readonly hostName: string
  readonly port: number
  readonly policy: string
  readonly key: string
}

const API_VERSION = 'api-version=2021-04-12'
const TOKEN_SECONDS = 3_600
const HTTPS_PORT = 443
const MOST_WEIGHT = 1_000

export function hubConnector(options: ElsewhereOptions): ConnectHub {
  return (spec) => new HubByConnectionString(options, spec)
}

class HubByConnectionString implements LinkedHub {
  readonly hostName: string
  readonly allocationWeight: number
  readonly #at: Parsed
  readonly #clock: Clock
  readonly #roots: () => readonly string[]

  /** @throws InvalidInput */
  constructor(
    { clock, caPem }: ElsewhereOptions,
    { connectionString, allocationWeight = 1, ca }: HubElsewhere,
  ) {
    this.#at = parsed(connectionString)
    this.hostName = this.#at.hostName
    checkWeight(allocationWeight)
    this.allocationWeight = allocationWeight
    this.#clock = clock
    this.#roots = () => [...rootCertificates, caPem(), ...(ca === undefined ? [] : [ca])]
  }

  async assign({ deviceId, authentication, iotEdge, twin, resetTwin }: Assignment): Promise<void> {
    const path = `/devices/${encodeURIComponent(deviceId)}`
    const before = await this.#find(path)
    const mechanism: JsonObject =
      authentication.type === 'sas'
        ? {
            type: 'sas',
            symmetricKey: {
              primaryKey: authentication.primaryKey,
              secondaryKey: authentication.secondaryKey,
            },
          }
        : {
            type: 'selfSigned',
            x509Thumbprint: { primaryThumbprint: authentication.thumbprint, secondaryThumbprint: null },
          }
    const asked = { authentication: mechanism, capabilities: { iotEdge } }
    if (before !== undefined) {
      if (resetTwin) await this.#writeTwin('PUT', deviceId, twin)
      await this.#call('PUT', path, { ...before, ...asked }, '*')
      return
    }
    await this.#call('PUT', path, { deviceId, status: 'enabled', ...asked })
    try {
      if (twin.tags !== undefined || twin.desired !== undefined)
        await this.#writeTwin('PATCH', deviceId, twin)
    } catch (error) {
      // A device that stays would be taken over by the next registration, without its initial twin.
      await this.remove(deviceId)
      throw error
    }
  }

  async twinOf(deviceId: string): Promise<AssignedTwin | undefined> {
    const twin = await this.#find(`/twins/${encodeURIComponent(deviceId)}`)
    if (twin === undefined) return undefined
    const properties = objectIn(twin, 'properties')
    return {
      tags: objectIn(twin, 'tags'),
      desired: withoutMetadata(objectIn(properties, 'desired')),
      reported: withoutMetadata(objectIn(properties, 'reported')),
    }
  }

  async remove(deviceId: string): Promise<void> {
    const { status, body } = await this.#ask(
      'DELETE',
      `/devices/${encodeURIComponent(deviceId)}`,
      undefined,
      '*',
    )
    if (status !== 404) check(status, body)
  }

  /** A service cannot write reported properties: those of a device that moves stay behind. */
  async #writeTwin(
    method: 'PUT' | 'PATCH',
    deviceId: string,
    { tags, desired }: AssignedTwin,
  ): Promise<void> {
    const document = { tags: tags ?? {}, properties: { desired: desired ?? {} } }
    await this.#call(method, `/twins/${encodeURIComponent(deviceId)}`, document, '*')
  }

  async #find(path: string): Promise<JsonObject | undefined> {
    const { status, body } = await this.#ask('GET', path)
    if (status === 404) return undefined
    check(status, body)
    const found = readJson(body)
    if (isObject(found)) return found
    throw new Error(`it answered with JSON that is not an object: ${withoutSecrets(body).slice(0, 100)}`)
  }

  async #call(method: string, path: string, document: JsonObject, ifMatch?: string): Promise<void> {
    const { status, body } = await this.#ask(method, path, document, ifMatch)
    check(status, body)
  }

  #ask(method: string, path: string, document?: JsonObject, ifMatch?: string): ReturnType<typeof ask> {
    const { hostName, port } = this.#at
    return ask({
      ...{ clock: this.#clock, server: 'it', method, ca: this.#roots() },
      url: new URL(`https://${hostName}:${String(port)}${path}?${API_VERSION}`),
      headers: {
        Authorization: this.#token(),
        ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
      },
      body: document === undefined ? undefined : JSON.stringify(document),
    })
  }

  /** The hub there has the time of the world, wherever the clock of this hub stands. */
  #token(): string {
    const { hostName, policy, key } = this.#at
    const se = String(Math.floor(new HubClock().now() / 1000) + TOKEN_SECONDS)
    const sr = encodeURIComponent(hostName)
    const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
    return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature)}&se=${se}&skn=${encodeURIComponent(policy)}`
  }
}

/** @throws HubCredentialRefused, Error. */
function check(status: number, body: string): void {
  if (status >= 200 && status < 300) return
  if (status === 401 || status === 403) throw new HubCredentialRefused(body)
  // A secret that is cut in two is not found any more.
  throw new Error(`it answered ${String(status)}: ${withoutSecrets(body).slice(0, 300)}`)
}

/** @throws InvalidInput */
export function checkWeight(allocationWeight: number): void {
  if (Number.isSafeInteger(allocationWeight) && allocationWeight >= 1 && allocationWeight <= MOST_WEIGHT)
    return
  const rule = `to be a whole number from 1 to ${String(MOST_WEIGHT)}`
  throw new InvalidInput('hub.provisioning.link', 'allocationWeight', rule, allocationWeight)
}

/** @throws InvalidInput: the key is not shown. */
function parsed(connectionString: string): Parsed {
  const parts = new Map<string, string>()
  for (const part of connectionString.split(';')) {
    const at = part.indexOf('=')
    if (at > 0) parts.set(part.slice(0, at).toLowerCase(), part.slice(at + 1))
  }
  const [host = '', policy, key] = ['hostname', 'sharedaccesskeyname', 'sharedaccesskey'].map((name) =>
    parts.get(name),
  )
  const [, hostName, port] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(host) ?? []
  if (hostName === undefined || policy === undefined || key === undefined)
    throw new InvalidInput(
      'hub.provisioning.link',
      'connectionString',
      'to be HostName=…;SharedAccessKeyName=…;SharedAccessKey=…, of a policy of a hub',
      partsIn(parts),
    )
  if (base64Problem(key) !== undefined)
    throw new InvalidInput('hub.provisioning.link', 'connectionString.SharedAccessKey', BASE64_RULE, key)
  return { hostName, port: port === undefined ? HTTPS_PORT : Number(port), policy, key }
}

/** What a connection string has, never what it says: a key may stand in any part of a text that is none. */
function partsIn(parts: ReadonlyMap<string, string>): string {
  const known = ['HostName', 'SharedAccessKeyName', 'SharedAccessKey'].filter((name) =>
    parts.has(name.toLowerCase()),
  )
  return known.length === 0 ? 'a text without any of them' : `a text with ${known.join(' and ')} alone`
}

function objectIn(document: JsonObject | undefined, name: string): JsonObject | undefined {
  const value: Json | undefined = document === undefined ? undefined : own(document, name)
  return isObject(value) ? value : undefined
}

function withoutMetadata(section: JsonObject | undefined): JsonObject | undefined {
  if (section === undefined) return undefined
  return Object.fromEntries(Object.entries(section).filter(([name]) => !name.startsWith('$')))
}
