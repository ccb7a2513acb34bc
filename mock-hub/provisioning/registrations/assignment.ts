/** Assigns a device to a hub: allocation, reprovisioning policy, the device in its hub (docs/contract/provisioning.md#provisioning-hub). */

import type { Json } from '../../base/json.ts'
import { withoutSecrets } from '../../base/secrets.ts'
import type { Attested } from '../attestation/attestor.ts'
import {
  HubCredentialRefused,
  type AssignedTwin,
  type CallWebhook,
  type LinkedHub,
} from '../contract/linked-hub.ts'
import { sameId } from '../names.ts'
import { candidates, hashed } from './allocation.ts'
import { askWebhook, AssignmentFailed, type Choice } from './custom-allocation.ts'
import type { Assigned, Outcome, Substatus } from './registration.ts'

const NO_HUB = 400_208
const HUB_REFUSED = 400_209
const HUB_CREDENTIAL = 401_002
const INTERNAL = 500_000
/** The newest version of the service in which a registration without a policy keeps its hub. */
const KEEPS_ITS_HUB = '2018-04-01'

export interface AssignmentRequest {
  readonly attested: Attested
  readonly registrationId: string
  readonly apiVersion: string
  /** `payload` of the device. */
  readonly payload: Json | undefined
  /** Where the device is. */
  readonly current: Assigned | undefined
  /** Host name of the hub that a fault orders. */
  readonly ordered: string | undefined
  /** False after a reset: then no hub may be changed any more. */
  readonly isCurrent: () => boolean
}

export interface AssignerDependencies {
  readonly hubs: () => readonly LinkedHub[]
  readonly callWebhook: CallWebhook
}

/**
 * Never throws: what goes wrong is an outcome. A hub elsewhere or a webhook may repeat what it was sent: the device, back
 * ends, the journal and the store get its words without secrets.
 */
export async function assign(deps: AssignerDependencies, request: AssignmentRequest): Promise<Outcome> {
  try {
    return await assignTo(deps, request)
  } catch (error) {
    const errorCode = error instanceof AssignmentFailed ? error.errorCode : INTERNAL
    const why = error instanceof Error ? error.message : String(error)
    return { status: 'failed', errorCode, errorMessage: withoutSecrets(why) }
  }
}

async function assignTo(deps: AssignerDependencies, request: AssignmentRequest): Promise<Outcome> {
  const { attested, registrationId, current } = request
  const { enrollment } = attested
  const linked = deps.hubs()
  const currentHub = linked.find(({ hostName }) => current !== undefined && sameId(hostName, current.hub))
  const stays = currentHub !== undefined && !movesOn(request)
  const choice: Choice = stays
    ? { hub: currentHub, twin: undefined, payload: undefined }
    : await choose(deps, request, linked)
  if (!request.isCurrent()) throw new AssignmentFailed(INTERNAL, 'The service was reset meanwhile.')
  const deviceId = enrollment.deviceId ?? registrationId
  const returns =
    current !== undefined && current.hub === choice.hub.hostName && current.deviceId === deviceId
  const moves = current !== undefined && current.deviceId === deviceId && !returns
  const migrates = enrollment.reprovisionPolicy?.migrateDeviceData ?? true
  const initial: AssignedTwin = choice.twin ?? { tags: enrollment.tags, desired: enrollment.desired }
  const brought = moves && migrates ? await twinOf(currentHub, deviceId) : undefined
  const resets = returns && !stays && !migrates
  await inHub(choice.hub, () =>
    choice.hub.assign({
      deviceId,
      authentication: attested.authentication,
      iotEdge: enrollment.iotEdge ?? false,
      twin: choice.twin ?? brought ?? initial,
      resetTwin: resets || moves,
    }),
  )
  if (moves && currentHub !== undefined) await inHub(currentHub, () => currentHub.remove(deviceId))
  return {
    status: 'assigned',
    assigned: { hub: choice.hub.hostName, deviceId },
    substatus: substatusOf({ returns, moves, resets, migrates }),
    payload: choice.payload,
  }
}

/** Whether the policy lets the allocation run again. */
function movesOn({ attested, apiVersion }: AssignmentRequest): boolean {
  const policy = attested.enrollment.reprovisionPolicy
  return policy?.updateHubAssignment ?? apiVersion.slice(0, 10) > KEEPS_ITS_HUB
}

async function choose(
  { callWebhook }: AssignerDependencies,
  { attested, registrationId, current, payload, ordered }: AssignmentRequest,
  linked: readonly LinkedHub[],
): Promise<Choice> {
  const { enrollment, leaf } = attested
  if (ordered !== undefined) {
    const hub = linked.find(({ hostName }) => sameId(hostName, ordered))
    if (hub === undefined) throw new AssignmentFailed(NO_HUB, `The hub ${ordered} is not linked.`)
    return { hub, twin: undefined, payload: undefined }
  }
  const hubs = candidates(enrollment, linked)
  if (hubs.length === 0) throw new AssignmentFailed(NO_HUB, 'No IoT hub is linked to assign the device to.')
  if (enrollment.allocationPolicy === 'custom')
    return askWebhook(callWebhook, { enrollment, registrationId, current, leaf, payload, hubs })
  if (enrollment.allocationPolicy === 'static' && hubs.length > 1)
    throw new AssignmentFailed(
      NO_HUB,
      `The allocation policy static needs one hub in iotHubs: ${String(hubs.length)} are linked.`,
    )
  const hub = hashed(registrationId, hubs)
  if (hub === undefined) throw new AssignmentFailed(NO_HUB, 'Every linked IoT hub has the weight 0.')
  return { hub, twin: undefined, payload: undefined }
}

async function twinOf(hub: LinkedHub | undefined, deviceId: string): Promise<AssignedTwin | undefined> {
  return hub === undefined ? undefined : inHub(hub, () => hub.twinOf(deviceId))
}

/** @throws AssignmentFailed when the hub refuses. */
async function inHub<T>({ hostName }: LinkedHub, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    // The service passes on what the hub has said.
    if (error instanceof HubCredentialRefused) throw new AssignmentFailed(HUB_CREDENTIAL, why)
    throw new AssignmentFailed(HUB_REFUSED, `The IoT hub ${hostName} refused: ${why}`)
  }
}

function substatusOf(was: {
  readonly returns: boolean
  readonly moves: boolean
  readonly resets: boolean
  readonly migrates: boolean
}): Substatus {
  if (was.resets) return 'deviceDataReset'
  if (was.returns) return 'reprovisionedToInitialAssignment'
  if (was.moves) return was.migrates ? 'deviceDataMigrated' : 'deviceDataReset'
  return 'initialAssignment'
}
