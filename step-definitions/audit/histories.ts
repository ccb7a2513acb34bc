/**
 * What holds between two answers about the same identity: a model of what is known of it, which each answer must fit and
 * then changes. What changes an identity in other ways (jobs, bulk requests, configurations) makes the model forget.
 */

import { isDeepStrictEqual } from 'node:util'
import { type Exchange, field, type Fields, isFields } from './exchange.ts'
import { identityProblems, namedAsOfIdentity, twinProblems } from './documents.ts'

interface Known {
  /** The identity as it was last seen. */
  identity: Fields | undefined
  /** The twin as it was last seen. */
  twin: Fields | undefined
  isDeleted: boolean
}

/** Routes that change identities in bulk, sooner or later. */
const IN_BULK = /^(?:jobs|configurations|applyConfigurationContent|regenerateKeys)$/i
/** Refusals that say that an identity is not there. */
const NOT_THERE = ['DeviceNotFound', 'ModuleNotFound']

export class Histories {
  readonly #known = new Map<string, Known>()
  /** Configurations and jobs write at times of their own. */
  #isMoving = false

  /** The identity is new: nothing is known of it. @param key `device` or `device/module`. */
  forget(key: string): void {
    this.#known.delete(key)
  }

  /** From now on identities change at times of their own. */
  expectChanges(): void {
    this.#isMoving = true
    this.#known.clear()
  }

  /** The keys of what has been seen and not been deleted. */
  get keys(): readonly string[] {
    return [...this.#known].filter(([, { isDeleted }]) => !isDeleted).map(([key]) => key)
  }

  /** @returns what does not fit what was known before. */
  observe(exchange: Exchange): readonly string[] {
    const { path, method, response } = exchange
    const [root = '', deviceId = '', third = '', moduleId = '', ...more] = path
    const kind = root.toLowerCase()
    if (path.length === 1 && kind === 'devices' && method === 'POST') this.#known.clear()
    if (path.some((part) => IN_BULK.test(part)) && method !== 'GET') this.expectChanges()
    if (!['devices', 'twins'].includes(kind) || deviceId === '' || more.length > 0) return []
    if (third !== '' && third.toLowerCase() !== 'modules') return []
    if (third !== '' && moduleId === '') return this.#listed(exchange, deviceId)
    const key = third === '' ? deviceId : `${deviceId}/${moduleId}`
    if (!exchange.isAlone || this.#isMoving) this.forget(key)
    if (!exchange.isAlone) return []
    if (response.status >= 400) return this.#refused(key, exchange)
    if (method === 'DELETE') return this.#deleted(key, exchange)
    if (response.status !== 200 || !isFields(exchange.answered)) return []
    return kind === 'devices' ? this.#identity(key, exchange) : this.#twin(key, exchange)
  }

  #of(key: string): Known {
    const known = this.#known.get(key) ?? { identity: undefined, twin: undefined, isDeleted: false }
    this.#known.set(key, known)
    return known
  }

  #deleted(key: string, { response }: Exchange): readonly string[] {
    for (const one of this.#known.keys()) if (one.startsWith(`${key}/`)) this.#known.delete(one)
    this.#known.set(key, { identity: undefined, twin: undefined, isDeleted: true })
    return response.status === 204 ? [] : [`DELETE was answered with ${String(response.status)}`]
  }

  #refused(key: string, { method, response }: Exchange): readonly string[] {
    const known = this.#known.get(key)
    const name = String(response.headers['iothub-errorcode'])
    if (!NOT_THERE.includes(name) || known === undefined || method === 'PUT') return []
    return known.isDeleted || (known.identity ?? known.twin) === undefined
      ? []
      : [`${key} is not there any more`]
  }

  #listed({ method, answered, apiVersion = '' }: Exchange, deviceId: string): readonly string[] {
    if (method !== 'GET' || !Array.isArray(answered)) return []
    return answered.flatMap((one: unknown) => {
      const known = this.#known.get(`${deviceId}/${String(field(one, 'moduleId'))}`)
      return [
        ...identityProblems(one, 'listed', apiVersion),
        ...(known?.isDeleted === true ? ['a deleted module is listed'] : []),
        ...(known?.identity === undefined ? [] : sameIdentity(known.identity, one as Fields)),
      ]
    })
  }

  #identity(
    key: string,
    { method, ifMatch, answered, apiVersion = '', response, asked }: Exchange,
  ): readonly string[] {
    const isUpdate = ifMatch !== undefined && !['', '""'].includes(ifMatch.trim())
    const answer = method === 'GET' ? 'read' : isUpdate ? 'updated' : 'created'
    const now = answered as Fields // #observe has looked
    const known = this.#of(key)
    const before = known.identity
    const problems = [...identityProblems(now, answer, apiVersion), ...ofKey(key, now)]
    const header = response.headers.etag
    const wanted = key.includes('/') ? undefined : `"${String(now['etag'])}"`
    if (header !== wanted) problems.push(`the ETag header is ${String(header)}, not ${String(wanted)}`)
    if (answer === 'read' && known.isDeleted) problems.push(`${key} was deleted`)
    if (before !== undefined) {
      if (answer === 'read') problems.push(...sameIdentity(before, now))
      else if (isUpdate) problems.push(...updatedIdentity(before, now))
    }
    if (answer === 'created') {
      // A new identity has a new twin.
      known.twin = undefined
      if (now['connectionState'] !== 'Disconnected') problems.push('what is new is connected')
      if (now['cloudToDeviceMessageCount'] !== 0) problems.push('messages wait for what is new')
    }
    if (method === 'PUT') problems.push(...asAsked(asked, now))
    known.identity = now
    known.isDeleted = false
    return problems
  }

  #twin(key: string, { method, answered, apiVersion = '', asked, response }: Exchange): readonly string[] {
    const now = answered as Fields // #observe has looked
    const known = this.#of(key)
    const problems = [...twinProblems(now, apiVersion, false), ...ofKey(key, now)]
    if (response.headers.etag !== undefined) problems.push('a twin has an ETag header')
    if (known.isDeleted) problems.push(`${key} was deleted`)
    if (known.identity !== undefined) problems.push(...sameViews(known.identity, now))
    if (known.twin !== undefined)
      problems.push(
        ...(method === 'GET' ? sameTwin(known.twin, now) : writtenTwin(known.twin, now, method, asked)),
      )
    known.twin = now
    return problems
  }
}

function ofKey(key: string, document: Fields): readonly string[] {
  const { deviceId, moduleId } = document
  const own = [deviceId, ...(moduleId === undefined ? [] : [moduleId])].join('/')
  return own === key ? [] : [`it is of ${own}`]
}

/** Fields of an identity that change only when somebody writes it. */
const LASTING = [
  ...['generationId', 'etag', 'status', 'statusReason', 'statusUpdatedTime', 'managedBy', 'capabilities'],
  ...['deviceScope'],
]

function sameIdentity(before: Fields, now: Fields): readonly string[] {
  const changed = LASTING.filter(
    (name) =>
      Object.hasOwn(before, name) &&
      Object.hasOwn(now, name) &&
      !isDeepStrictEqual(lasting(before[name]), lasting(now[name])),
  )
  const problems = changed.map(
    (name) => `${name} has changed by itself: ${shown(before[name])}, ${shown(now[name])}`,
  )
  // A caller without the right to read keys sees none.
  const keys = isDeepStrictEqual(before['authentication'], now['authentication'])
  return keys ? problems : [...problems, 'authentication has changed by itself']
}

/** Unset times of a creation have no `Z`. */
function lasting(value: unknown): unknown {
  return value === '0001-01-01T00:00:00' ? '0001-01-01T00:00:00Z' : value
}

function updatedIdentity(before: Fields, now: Fields): readonly string[] {
  const numbers = [before['etag'], now['etag']].map((etag) =>
    Number(Buffer.from(String(etag), 'base64').toString()),
  )
  const [earlier = 0, later = 0] = numbers
  const isMoved = before['status'] !== now['status']
  const at = lasting(before['statusUpdatedTime'])
  return [
    ...(now['generationId'] === before['generationId'] ? [] : ['an update has changed the generation']),
    ...(later > earlier
      ? []
      : [`the etag of an update is ${String(now['etag'])} after ${String(before['etag'])}`]),
    ...(isMoved || now['statusUpdatedTime'] === undefined || lasting(now['statusUpdatedTime']) === at
      ? []
      : ['statusUpdatedTime has changed, the status has not']),
  ]
}

/** Fields of a write that its answer repeats. */
function asAsked(asked: unknown, now: Fields): readonly string[] {
  if (!isFields(asked)) return []
  const status = asked['status']
  const reason = asked['statusReason']
  const edge = field(asked['capabilities'], 'iotEdge')
  const isModule = now['moduleId'] !== undefined
  if (isModule) return []
  return [
    ...(typeof status !== 'string' || status.toLowerCase() === now['status']
      ? []
      : [`the status is not ${status}`]),
    ...(status !== undefined || now['status'] === 'enabled' ? [] : ['the status is not the default']),
    ...(reason === undefined
      ? now['statusReason'] === null
        ? []
        : ['a reason that was not given']
      : reason === now['statusReason']
        ? []
        : [`the reason is not ${shown(reason)}`]),
    ...(typeof edge !== 'boolean' || edge === field(now['capabilities'], 'iotEdge')
      ? []
      : [`iotEdge is not ${String(edge)}`]),
  ]
}

/** Identity and twin tell the same of the same. */
function sameViews(identity: Fields, twin: Fields): readonly string[] {
  const pairs = [
    ['etag', 'deviceEtag'],
    ...(identity['moduleId'] === undefined
      ? [
          ['status', 'status'],
          ['statusUpdatedTime', 'statusUpdateTime'],
          ['capabilities', 'capabilities'],
          ['deviceScope', 'deviceScope'],
        ]
      : []),
  ] as const
  const differing = pairs.filter(
    ([of = '', as = '']) => !isDeepStrictEqual(lasting(identity[of]), lasting(twin[as])),
  )
  const { authentication, statusReason } = identity
  return [
    ...differing.map(
      ([of = '', as = '']) => `${of} is ${shown(identity[of])}, ${as} of the twin ${shown(twin[as])}`,
    ),
    ...(field(authentication, 'type') === twin['authenticationType']
      ? []
      : ['the twin has another authenticationType']),
    ...(isDeepStrictEqual(field(authentication, 'x509Thumbprint'), namedAsOfIdentity(twin['x509Thumbprint']))
      ? []
      : ['the twin has another x509Thumbprint']),
    ...(statusReason === undefined || (statusReason ?? undefined) === twin['statusReason']
      ? []
      : ['the twin has another statusReason']),
  ]
}

type Section = 'desired' | 'reported'

function section(twin: Fields, name: Section): Fields {
  return field(twin['properties'], name) as Fields // twinProblems has looked
}

function versionOf(twin: Fields, name: Section): number {
  return Number(field(section(twin, name), '$version'))
}

/** A twin that nobody of the service has written: only its device may have reported. */
function sameTwin(before: Fields, now: Fields): readonly string[] {
  const reports = versionOf(now, 'reported') - versionOf(before, 'reported')
  const steps = Number(now['version']) - Number(before['version'])
  return [
    ...['etag', 'tags'].flatMap((name) =>
      isDeepStrictEqual(before[name], now[name]) ? [] : [`${name} of the twin has changed by itself`],
    ),
    ...(isDeepStrictEqual(section(before, 'desired'), section(now, 'desired'))
      ? []
      : ['desired has changed by itself']),
    ...(reports < 0 ? ['the version of reported has gone back'] : []),
    ...(reports === steps
      ? []
      : [`the version has grown by ${String(steps)} with ${String(reports)} reports`]),
    ...(reports === 0 && !isDeepStrictEqual(section(before, 'reported'), section(now, 'reported'))
      ? ['reported has changed and kept its version']
      : []),
  ]
}

/** A write merges or replaces tags and desired properties, and nothing else. */
function writtenTwin(before: Fields, now: Fields, method: string, asked: unknown): readonly string[] {
  const isPatch = method !== 'PUT'
  const properties = field(asked, 'properties')
  const wished = field(properties, 'desired')
  const tags = field(asked, 'tags')
  const hasWish = isFields(properties) && Object.hasOwn(properties, 'desired')
  const reports = versionOf(now, 'reported') - versionOf(before, 'reported')
  const grown = versionOf(now, 'desired') - versionOf(before, 'desired')
  const problems = [
    ...(counterOf(now) === counterOf(before) + 1 ? [] : ['the etag of the twin has not grown by one']),
    ...(Number(now['version']) === Number(before['version']) + 1 + reports
      ? []
      : ['the version has not grown by one']),
    ...(grown === (hasWish ? 1 : 0) ? [] : [`the version of desired has grown by ${String(grown)}`]),
  ]
  if (reports === 0 && !isDeepStrictEqual(section(before, 'reported'), section(now, 'reported')))
    problems.push('a write of the service has changed reported')
  const desired = plain(section(now, 'desired'))
  const wanted = hasWish
    ? after(plain(section(before, 'desired')), wished, isPatch)
    : plain(section(before, 'desired'))
  if (!isDeepStrictEqual(desired, wanted)) problems.push(`desired is ${shown(desired)}, not ${shown(wanted)}`)
  const hasTags = isFields(asked) && Object.hasOwn(asked, 'tags')
  const labelled = plain(now['tags'])
  const wantedTags = hasTags ? after(plain(before['tags']), tags, isPatch) : plain(before['tags'])
  if (!isDeepStrictEqual(labelled, wantedTags))
    problems.push(`tags are ${shown(labelled)}, not ${shown(wantedTags)}`)
  if (hasWish) problems.push(...stamped(wished, section(now, 'desired'), versionOf(now, 'desired')))
  else if (!isDeepStrictEqual(section(before, 'desired'), section(now, 'desired')))
    problems.push('the metadata of desired has changed')
  return problems
}

/** What a write names has the version of the section. */
function stamped(patch: unknown, desired: Fields, version: number): readonly string[] {
  const look = (asked: unknown, metadata: unknown, name: string): readonly string[] => {
    if (asked === null) return metadata === undefined ? [] : [`${name} is still described`]
    const own = Number(field(metadata, '$lastUpdatedVersion'))
    const wrong = own === version ? [] : [`${name} has the version ${String(own)}, not ${String(version)}`]
    if (!isFields(asked)) return wrong
    return [
      ...wrong,
      ...Object.entries(asked)
        .filter(([child]) => !child.startsWith('$'))
        .flatMap(([child, value]) => look(value, field(metadata, child), `${name}.${child}`)),
    ]
  }
  return look(patch ?? {}, desired['$metadata'], 'desired')
}

function counterOf(twin: Fields): number {
  const bytes = Buffer.from(String(twin['etag']), 'base64')
  return bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : NaN
}

/** Without what the service adds at the root. */
function plain(value: unknown): Fields {
  return isFields(value)
    ? Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('$')))
    : {}
}

function after(before: Fields, asked: unknown, isPatch: boolean): Fields {
  if (asked === null) return {}
  return mergedWith(isPatch ? before : {}, plain(asked))
}

/** JSON merge patch: null deletes, objects merge, all else replaces. */
function mergedWith(before: Fields, patch: Fields): Fields {
  const merged = new Map(Object.entries(before))
  for (const [name, value] of Object.entries(patch)) {
    const known = merged.get(name)
    if (value === null) merged.delete(name)
    else merged.set(name, isFields(value) ? mergedWith(isFields(known) ? known : {}, value) : value)
  }
  return Object.fromEntries(merged)
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 200)
}
