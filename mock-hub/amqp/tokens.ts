/**
 * Tokens that a client has shown, by SASL PLAIN or put-token (wire contract 8.1). The token of a policy is signed with
 * the key decoded for IoT Hub and with the key as text for Event Hubs: the same policy takes both (field notes 8.11).
 */

import type { Hub } from '../core/contract/hub.ts'
import type { Permission } from '../core/contract/principal.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import type { Identity } from '../core/contract/identity.ts'
import { expiryOf, isSignedWith, parseSasToken, scopesOf } from '../core/identity/sas-token.ts'
import type { SasToken } from '../core/identity/sas-token.ts'
import { segmentsOf } from './addresses.ts'

const ANY_RIGHT: readonly Permission[] = ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect']

/** What a token is good for. */
export interface Grant {
  /** For what it was put: a resource, or the user name of SASL PLAIN. */
  readonly audience: string
  /** The token as received; undefined: a raw key, which speaks for its policy. */
  readonly token: string | undefined
  /** Undefined: the token of an identity's own key. */
  readonly policy: { readonly name: string; readonly permissions: readonly Permission[] } | undefined
  /** Leading path segments of what it covers; none: the whole hub. */
  readonly scope: readonly string[]
  /** Epoch ms; undefined: never. */
  readonly expiresAt: number | undefined
}

/** @throws HubError with the reason. */
export function checkToken(hub: Hub, audience: string, text: string): Grant {
  const token = parseSasToken(text)
  const identity = identityOf(audience)
  if (identity !== undefined) {
    const { expiresAt } = hub.authentication.admit(identity, { sasToken: text })
    return { audience, token: text, policy: undefined, scope: scopeOfIdentity(identity), expiresAt }
  }
  if (typeof token !== 'string' && isOfEventHubs(hub, token)) {
    checkHost(hub, token)
    checkExpiry(hub, token)
  } else hub.authentication.authorize(text, ANY_RIGHT)
  if (typeof token === 'string') throw malformedToken(token)
  const policy = hub.policies.find(({ name }) => name === token.skn)
  return { audience, token: text, policy, scope: segmentsOf(withoutHost(token)), expiresAt: expiryOf(token) }
}

/**
 * The user name and password of SASL PLAIN: `{policy}@sas.root.{hub}` or `{device}@sas.{hub}` with a token, or a policy
 * with its raw key.
 * @throws HubError with the reason.
 */
export function checkPassword(hub: Hub, userName: string, password: string): Grant {
  const [, name = userName, root] = /^(.*)@sas\.(root\.)?[^@]*$/i.exec(userName) ?? []
  if (/^SharedAccessSignature\s/i.test(password)) {
    const isPolicy = root !== undefined || name === userName
    const grant = checkToken(
      hub,
      isPolicy ? hub.hostName : `${hub.hostName}/devices/${name.replace('/', '/modules/')}`,
      password,
    )
    if (!isPolicy || grant.policy?.name === name) return grant
    throw unauthorized(
      'WIRE-AMQP-03',
      `the token of policy ${quoted(name)}`,
      `one of ${quoted(grant.policy?.name ?? '')}`,
    )
  }
  const policy = hub.policies.find((candidate) => candidate.name === name)
  if (policy !== undefined && (policy.primaryKey === password || policy.secondaryKey === password))
    return { audience: userName, token: undefined, policy, scope: [], expiresAt: undefined }
  throw unauthorized(
    'WIRE-AMQP-03',
    'the name of a policy with its key, or with a token',
    `user name ${quoted(userName)} and something else`,
  )
}

/** Whether the grant's policy and scope let its bearer do this. */
export function allows({ policy, scope }: Grant, right: Permission, path: readonly string[]): boolean {
  return (
    policy?.permissions.includes(right) === true &&
    scope.every((segment, index) => segment.toLowerCase() === path[index]?.toLowerCase())
  )
}

export function unauthorized(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'IotHubUnauthorizedAccess', rule, expected, received })
}

function malformedToken(what: string): HubError {
  return unauthorized('WIRE-AMQP-03', 'SharedAccessSignature sr=…&sig=…&se=…&skn=…', what)
}

function isOfEventHubs({ policies }: Hub, token: SasToken): boolean {
  const policy = policies.find(({ name }) => name === token.skn)
  const signed = (key: string): boolean => isSignedWith(token, Buffer.from(key).toString('base64'))
  return policy !== undefined && (signed(policy.primaryKey) || signed(policy.secondaryKey))
}

function checkHost({ hostName, settings }: Hub, token: SasToken): void {
  const hosts = [hostName, ...settings.aliases].map((name) => name.toLowerCase().replace(/:\d+$/, ''))
  for (const [first = '', , host = ''] of scopesOf(token.sr))
    if (hosts.includes(first) || hosts.includes(host.toLowerCase().replace(/:\d+$/, ''))) return
  throw unauthorized(
    'WIRE-AUTH-08',
    `sr to begin with ${hostName} or an alias of it`,
    `sr ${quoted(token.sr)}`,
  )
}

function checkExpiry({ clock, settings }: Hub, token: SasToken): void {
  const lateMs = clock.now() - expiryOf(token)
  if (lateMs <= settings.clockSkewSeconds * 1000) return
  throw unauthorized(
    'WIRE-AUTH-12',
    `se to lie no more than ${settings.clockSkewSeconds} s before the hub's clock`,
    `se ${token.se}, ${Math.floor(lateMs / 1000)} s ago`,
  )
}

/** The resource's path, after the scheme and the host. */
function withoutHost({ sr }: SasToken): string {
  let text = sr
  for (let round = 0; round < 2 && /%[0-9a-f]{2}/i.test(text); round++)
    text = segmentsOf(`x:///${text}`).join('/')
  return text.replace(/^[a-z]+:\/*/i, '').replace(/^[^/]*/, '')
}

/** `{host}/devices/{d}[/modules/{m}]…`, encoded or not, with or without a scheme. */
function identityOf(audience: string): Identity | undefined {
  const [, devices = '', deviceId, modules, moduleId] = segmentsOf(
    `x:///${decodedOnce(audience).replace(/^[a-z]+:\/\//i, '')}`,
  )
  if (devices.toLowerCase() !== 'devices' || deviceId === undefined) return undefined
  return modules?.toLowerCase() === 'modules' && moduleId !== undefined
    ? { deviceId, moduleId }
    : { deviceId }
}

function decodedOnce(text: string): string {
  if (text.includes('/')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function scopeOfIdentity({ deviceId, moduleId }: Identity): readonly string[] {
  return moduleId === undefined ? ['devices', deviceId] : ['devices', deviceId, 'modules', moduleId]
}
