/** A hub of this process as a linked hub: its registry and its twins are called directly. */

import type { Hub } from '../../core/contract/hub.ts'
import type { AuthenticationMechanism, IdentitySpec } from '../../core/contract/registry.ts'
import type { AssignedTwin, Assignment, DeviceAuthentication, LinkedHub } from '../contract/linked-hub.ts'

/** @param allocationWeight 1 to 1000. */
export function hubOfThisProcess(
  hub: Pick<Hub, 'hostName' | 'registry' | 'twins'>,
  allocationWeight = 1,
): LinkedHub {
  const { registry, twins, hostName } = hub
  return {
    hostName,
    allocationWeight,
    assign: (assignment) =>
      settled(() => {
        put(hub, assignment)
      }),
    twinOf: (deviceId) =>
      settled((): AssignedTwin | undefined => {
        if (registry.find({ deviceId }) === undefined) return undefined
        const { tags, desired, reported } = twins.get({ deviceId })
        return { tags, desired: desired.properties, reported: reported.properties }
      }),
    remove: (deviceId) =>
      settled(() => {
        if (registry.find({ deviceId }) !== undefined) registry.remove({ deviceId }, '*')
      }),
  }
}

/** What throws at once rejects, as the port says. */
function settled<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(act())
  })
}

function put({ registry, twins }: Pick<Hub, 'registry' | 'twins'>, assignment: Assignment): void {
  const { deviceId, iotEdge, twin, resetTwin } = assignment
  const identity = { deviceId }
  const authentication = mechanismOf(assignment.authentication)
  const record = registry.find(identity)
  if (record === undefined) {
    const { tags, desired, reported } = twin
    twins.begin(
      identity,
      {
        ...(tags === undefined ? {} : { tags }),
        ...(desired === undefined ? {} : { desired: { properties: desired } }),
        ...(reported === undefined ? {} : { reported: { properties: reported } }),
      },
      () => {
        registry.create(identity, { authentication, iotEdge })
      },
    )
    return
  }
  // A twin that the hub refuses leaves the device as it was.
  if (resetTwin) twins.replace(identity, { tags: twin.tags ?? {}, desired: twin.desired ?? {} }, undefined)
  if (record.iotEdge !== iotEdge || !isSame(record.authentication, assignment.authentication))
    registry.update(identity, { authentication, iotEdge }, '*')
}

function mechanismOf(authentication: DeviceAuthentication): NonNullable<IdentitySpec['authentication']> {
  if (authentication.type === 'sas') {
    const { type, primaryKey, secondaryKey } = authentication
    return { type, symmetricKey: { primaryKey, secondaryKey } }
  }
  return {
    type: authentication.type,
    x509Thumbprint: { primaryThumbprint: authentication.thumbprint, secondaryThumbprint: null },
  }
}

function isSame(
  { type, symmetricKey, x509Thumbprint }: AuthenticationMechanism,
  asked: DeviceAuthentication,
): boolean {
  if (type !== asked.type) return false
  return asked.type === 'sas'
    ? symmetricKey.primaryKey === asked.primaryKey && symmetricKey.secondaryKey === asked.secondaryKey
    : x509Thumbprint.primaryThumbprint === asked.thumbprint
}
