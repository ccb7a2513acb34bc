/** Reads an enrollment from the body of the service API (DPS-ENR-10), and writes it. */

import type { Json, JsonObject } from '../../base/json.ts'
import { utcText } from '../../base/time-text.ts'
import { isValidId } from '../../core/contract/identity.ts'
import {
  attestationDocument,
  attestationOf,
  type AttestationContext,
} from '../attestation/attestation-body.ts'
import { BodyReader } from '../body-reader.ts'
import { ID_RULE, ID_TEXT, sameId } from '../names.ts'
import { badField } from '../refusals.ts'
import { ALLOCATION_POLICIES, type Enrollment, type ReprovisionPolicy } from './enrollment.ts'

/** The name of the id, in paths and bodies. */
export const ID_FIELD = { individual: 'registrationId', group: 'enrollmentGroupId' } as const

export interface EnrollmentContext extends AttestationContext {
  readonly linkedHubs: readonly string[]
}

/** What a body asks for: all but etag and times. */
export type EnrollmentSpec = Omit<Enrollment, 'etag' | 'createdAt' | 'updatedAt'>

/** @param id of the path. @throws HubError GenericBadRequest. */
export function enrollmentOf(id: string, body: Json, context: EnrollmentContext): EnrollmentSpec {
  const { kind } = context
  const reader = BodyReader.of(body, 'the body')
  const idField = ID_FIELD[kind]
  if (!ID_RULE.test(id)) throw badField(idField, ID_TEXT, id)
  const given = reader.text(idField)
  if (given !== undefined && !sameId(given, id)) throw badField(idField, `to be ${id}, as in the path`, given)
  const allocationPolicy = reader.word('allocationPolicy', ALLOCATION_POLICIES)
  const iotHubs = hubsOf(reader, context.linkedHubs)
  const webhook = webhookOf(reader)
  // None passes: Node's own tests create such groups at the service. Which hub it is shows when a device registers.
  if (allocationPolicy === 'static' && iotHubs !== undefined && iotHubs.length > 1)
    throw badField('iotHubs', 'to name one hub with the allocation policy static', iotHubs)
  if (allocationPolicy === 'custom' && webhook === undefined)
    throw badField('customAllocationDefinition', 'to be given with the allocation policy custom', undefined)
  const twin = reader.part('initialTwin')
  const capabilities = reader.part('capabilities')
  return {
    kind,
    id,
    deviceId: deviceIdOf(reader, kind),
    optionalDeviceInformation: kind === 'individual' ? reader.object('optionalDeviceInformation') : undefined,
    attestation: attestationOf(reader, context),
    iotEdge: capabilities?.flag('iotEdge', false),
    tags: twin?.object('tags'),
    desired: twin?.part('properties')?.object('desired'),
    enabled: (reader.word('provisioningStatus', ['enabled', 'disabled']) ?? 'enabled') === 'enabled',
    reprovisionPolicy: reprovisionPolicyOf(reader),
    allocationPolicy,
    iotHubs,
    webhook,
  }
}

function deviceIdOf(reader: BodyReader, kind: 'individual' | 'group'): string | undefined {
  const deviceId = reader.text('deviceId')
  if (deviceId === undefined || deviceId === '') return undefined
  if (kind === 'group') throw badField('deviceId', 'to be left out in a group', deviceId)
  if (!isValidId(deviceId)) throw badField('deviceId', 'to be the id of a device', deviceId)
  return deviceId
}

/** `iotHubs`, or the older `iotHubHostName`. */
function hubsOf(reader: BodyReader, linked: readonly string[]): readonly string[] | undefined {
  const list = reader.list('iotHubs')
  const single = reader.text('iotHubHostName')
  const given = list !== undefined && list.length > 0 ? list : single === undefined ? undefined : [single]
  return given?.map((each, at) => {
    const field = list === undefined || list.length === 0 ? 'iotHubHostName' : `iotHubs[${String(at)}]`
    const hub = linked.find((name) => typeof each === 'string' && sameId(name, each))
    if (hub !== undefined) return hub
    throw badField(field, `to be a linked hub; there are: ${linked.join(', ') || 'none'}`, each)
  })
}

function webhookOf(reader: BodyReader): Enrollment['webhook'] {
  const part = reader.part('customAllocationDefinition')
  if (part === undefined) return undefined
  const url = part.text('webhookUrl')
  const apiVersion = part.text('apiVersion')
  if (url === undefined || !/^https?:\/\/[^\s/]+/i.test(url) || !URL.canParse(url))
    throw badField(part.fieldOf('webhookUrl'), 'to be a URL with https or http', url)
  if (apiVersion === undefined || apiVersion === '')
    throw badField(part.fieldOf('apiVersion'), 'to be given', apiVersion)
  return { url, apiVersion }
}

function reprovisionPolicyOf(reader: BodyReader): ReprovisionPolicy | undefined {
  const part = reader.part('reprovisionPolicy')
  return (
    part && {
      updateHubAssignment: part.flag('updateHubAssignment', true),
      migrateDeviceData: part.flag('migrateDeviceData', true),
    }
  )
}

/** @param state of the registration of an individual enrollment. @param withKeys whether symmetric keys are shown. */
export function enrollmentDocument(
  enrollment: Enrollment,
  withKeys: boolean,
  state?: JsonObject,
): JsonObject {
  const { kind, id, deviceId, tags, desired, iotEdge, reprovisionPolicy, iotHubs, webhook } = enrollment
  const { optionalDeviceInformation, allocationPolicy } = enrollment
  return {
    [ID_FIELD[kind]]: id,
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(state === undefined ? {} : { registrationState: state }),
    ...(optionalDeviceInformation === undefined ? {} : { optionalDeviceInformation }),
    attestation: attestationDocument(enrollment.attestation, withKeys),
    ...(iotEdge === undefined ? {} : { capabilities: { iotEdge } }),
    ...(tags === undefined && desired === undefined
      ? {}
      : { initialTwin: { tags: tags ?? {}, properties: { desired: desired ?? {} } } }),
    etag: `"${enrollment.etag}"`,
    provisioningStatus: enrollment.enabled ? 'enabled' : 'disabled',
    ...(reprovisionPolicy === undefined ? {} : { reprovisionPolicy: { ...reprovisionPolicy } }),
    createdDateTimeUtc: utcText(enrollment.createdAt),
    lastUpdatedDateTimeUtc: utcText(enrollment.updatedAt),
    ...(allocationPolicy === undefined ? {} : { allocationPolicy }),
    ...(iotHubs === undefined ? {} : { iotHubs }),
    ...(webhook === undefined
      ? {}
      : { customAllocationDefinition: { webhookUrl: webhook.url, apiVersion: webhook.apiVersion } }),
  }
}
