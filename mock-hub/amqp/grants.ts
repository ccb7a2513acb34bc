/** The credentials of AMQP clients: tokens on `$cbs`, and user name and password of SASL PLAIN (docs/contract/amqp.md). */

import { percentDecoded } from '../base/percent.ts'
import { hubNameOf } from '../core/contract/connection-strings.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Identity } from '../core/contract/identity.ts'
import type { Permission, PolicyGrant } from '../core/contract/principal.ts'
import { HubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import { segmentsOf } from './addresses.ts'

/** What one token or key permits on a connection. */
export interface Grant {
  /** The path of the identity, the resource of a policy's token, or the user name of SASL PLAIN; the next grant for the same one replaces this one. */
  readonly audience: string
  /** The token as received; undefined: a raw key of the policy. */
  readonly token: string | undefined
  /** Undefined: the token of an identity's own key. */
  readonly policy: PolicyGrant | undefined
  /** Leading path segments of what it covers; empty: the whole hub. */
  readonly scope: readonly string[]
  /** Epoch ms; undefined: never. */
  readonly expiresAt: number | undefined
}

/**
 * The grant of a token.
 * @param audience the resource that the client names: that of an identity, or any other for the token of a policy.
 * @throws HubError of the core's authentication.
 */
export function grantOfToken({ authentication }: Hub, audience: string, token: string): Grant {
  const named = identityOf(audience)
  if (named === undefined) return grantOfPolicy(audience, token, authentication.authorizeToken(token))
  const actor = actorIn(token, named)
  const admitted = authentication.admitByName(actor ?? withModule(named, token), { sasToken: token })
  const scope = pathOf(actor === undefined ? admitted.identity : named)
  return { audience: scope.join('/'), token, policy: undefined, scope, expiresAt: admitted.expiresAt }
}

/**
 * The grant of a user name and password of SASL PLAIN: `{policy}@sas.root.{hub}` or `{device}@sas.{hub}` with a token, or
 * a policy with its raw key.
 * @throws HubError of the core's authentication, or IotHubUnauthorizedAccess for the token of another policy.
 */
export function grantOfPassword(hub: Hub, userName: string, password: string): Grant {
  const { hostName, authentication } = hub
  const [, name = userName, root, hubName] = /^(.*)@sas\.(root\.)?([^@]*)$/i.exec(userName) ?? []
  checkHubName(hub, hubName)
  if (!/^SharedAccessSignature\s/i.test(password))
    return grantOfPolicy(userName, undefined, authentication.authorizeKey(name, password))
  if (root === undefined && name !== userName)
    return grantOfToken(hub, `${hostName}/devices/${name.replace('/', '/modules/')}`, password)
  const grant = grantOfToken(hub, hostName, password)
  if (grant.policy?.policyName === name) return grant
  throw unauthorized(
    'WIRE-AMQP-03',
    `the token of policy ${quoted(name)}`,
    `one of ${quoted(grant.policy?.policyName ?? '')}`,
  )
}

/** The user name ends in the hub's name alone: a whole host name is refused (docs/contract/amqp.md#wire-amqp-15). */
function checkHubName({ hostName, settings }: Hub, given: string | undefined): void {
  if (given === undefined) return
  for (const host of [hostName, ...settings.aliases])
    if (hubNameOf(host).toLowerCase() === given.toLowerCase()) return
  throw unauthorized(
    'WIRE-AMQP-15',
    `a user name that ends in .${hubNameOf(hostName)}`,
    `one that ends in .${given}`,
  )
}

/** Whether the policy of the grant has a right for this path. */
export function allows({ policy, scope }: Grant, right: Permission, path: readonly string[]): boolean {
  return (
    policy?.permissions.has(right) === true &&
    scope.every((segment, index) => segment.toLowerCase() === path[index]?.toLowerCase())
  )
}

/** The path of an identity's resources. */
export function pathOf({ deviceId, moduleId }: Identity): readonly string[] {
  return ['devices', deviceId, ...(moduleId === undefined ? [] : ['modules', moduleId])]
}

export function unauthorized(rule: string, expected: string, received: string): HubError {
  return new HubError({ kind: 'IotHubUnauthorizedAccess', message: 'Unauthorized', rule, expected, received })
}

/** The `$edgeHub` that signed a token for a child; the auth-chain of the child's links shows that it may (WIRE-EDGE-11). */
function actorIn(token: string, { deviceId, moduleId }: Identity): Identity | undefined {
  const signer = signerOf(token)
  const own = signer?.deviceId === deviceId && (moduleId === undefined || moduleId === signer.moduleId)
  return signer?.moduleId === '$edgeHub' && !own ? signer : undefined
}

/** A module may name its device as the audience; its token says which module it is (docs/contract/amqp.md#amqp-cbs-module-audience). */
function withModule(named: Identity, token: string): Identity {
  if (named.moduleId !== undefined) return named
  const moduleId = signerOf(token)?.moduleId
  return moduleId === undefined ? named : { ...named, moduleId }
}

/** The identity that `sr` names. */
function signerOf(token: string): Identity | undefined {
  return identityOf(/[\s&]sr=([^&]*)/i.exec(token)?.[1] ?? '')
}

function grantOfPolicy(audience: string, token: string | undefined, policy: PolicyGrant): Grant {
  return { audience, token, policy, scope: policy.scope, expiresAt: policy.expiresAt }
}

/** `{host}/devices/{d}[/modules/{m}]…`, percent-encoded or not, with or without a scheme. */
export function identityOf(audience: string): Identity | undefined {
  const [, devices = '', deviceId, modules, moduleId] = segmentsOf(
    `x:///${decodedOnce(audience).replace(/^[a-z]+:\/\//i, '')}`,
  )
  if (devices.toLowerCase() !== 'devices' || deviceId === undefined) return undefined
  return modules?.toLowerCase() === 'modules' && moduleId !== undefined
    ? { deviceId, moduleId }
    : { deviceId }
}

function decodedOnce(text: string): string {
  return text.includes('/') ? text : percentDecoded(text)
}
