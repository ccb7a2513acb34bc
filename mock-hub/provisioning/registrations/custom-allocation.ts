/** Custom allocation: a webhook chooses the hub, the initial twin and a payload for the device (DPS-HUB-07). */

import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'
import { certificateInfo, type Certificate } from '../attestation/certificate.ts'
import type { AssignedTwin, CallWebhook, LinkedHub } from '../contract/linked-hub.ts'
import type { Enrollment } from '../enrollments/enrollment.ts'
import { enrollmentDocument } from '../enrollments/enrollment-body.ts'
import { sameId } from '../names.ts'
import type { Assigned } from './registration.ts'

const CUSTOM_ALLOCATION_FAILED = 400_207

/** Ends a registration as `failed` with this code. */
export class AssignmentFailed extends Error {
  readonly errorCode: number

  constructor(errorCode: number, message: string) {
    super(message)
    this.errorCode = errorCode
  }
}

export interface Choice {
  readonly hub: LinkedHub
  /** Undefined: the one of the enrollment. */
  readonly twin: AssignedTwin | undefined
  readonly payload: Json | undefined
}

export interface WebhookRequest {
  readonly enrollment: Enrollment
  readonly registrationId: string
  readonly current: Assigned | undefined
  readonly leaf: Certificate | undefined
  readonly payload: Json | undefined
  readonly hubs: readonly LinkedHub[]
}

/** @throws AssignmentFailed when the webhook does not answer with 2xx and one of the hubs. */
export async function askWebhook(call: CallWebhook, request: WebhookRequest): Promise<Choice> {
  const { webhook } = request.enrollment
  if (webhook === undefined) throw failed('Custom allocation has no webhook.')
  let answer: Awaited<ReturnType<CallWebhook>>
  try {
    answer = await call(webhook.url, bodyOf(request))
  } catch (error) {
    throw failed(`Custom allocation failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (answer.status < 200 || answer.status > 299)
    throw failed(`Custom allocation failed with status code: ${String(answer.status)}`)
  return choiceOf(answer.body, request.hubs)
}

function bodyOf({ enrollment, registrationId, current, leaf, payload, hubs }: WebhookRequest): JsonObject {
  const group = enrollment.kind === 'group' ? { enrollmentGroupId: enrollment.id } : {}
  return {
    [enrollment.kind === 'group' ? 'enrollmentGroup' : 'individualEnrollment']: enrollmentDocument(
      enrollment,
      false,
    ),
    deviceRuntimeContext: {
      registrationId,
      ...(current === undefined
        ? {}
        : { currentIotHubHostName: current.hub, currentDeviceId: current.deviceId }),
      ...(leaf === undefined
        ? { symmetricKey: group }
        : { x509: { certificateInfo: certificateInfo(leaf), ...group } }),
      ...(payload === undefined ? {} : { payload }),
    },
    linkedHubs: hubs.map(({ hostName }) => hostName),
  }
}

function choiceOf(body: string, hubs: readonly LinkedHub[]): Choice {
  let answer: Json
  try {
    answer = readJson(body)
  } catch {
    throw failed('Custom allocation failed: the answer of the webhook is not JSON.')
  }
  if (!isObject(answer)) throw failed('Custom allocation failed: the answer of the webhook is not an object.')
  const hostName = own(answer, 'iotHubHostName')
  const hub = hubs.find((each) => typeof hostName === 'string' && sameId(each.hostName, hostName))
  if (hub === undefined)
    throw failed('Custom allocation failed: iotHubHostName of the webhook is not one of the linked hubs.')
  return { hub, twin: twinOf(own(answer, 'initialTwin')), payload: own(answer, 'payload') ?? undefined }
}

function twinOf(given: Json | undefined): AssignedTwin | undefined {
  if (!isObject(given)) return undefined
  const properties = own(given, 'properties')
  const object = (value: Json | undefined): JsonObject | undefined => (isObject(value) ? value : undefined)
  return {
    tags: object(own(given, 'tags')),
    desired: isObject(properties) ? object(own(properties, 'desired')) : undefined,
  }
}

function failed(message: string): AssignmentFailed {
  return new AssignmentFailed(CUSTOM_ALLOCATION_FAILED, message)
}
