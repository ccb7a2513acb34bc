/** Every page of the dashboard, and what stands on it when its data is there. */

import type { World } from './world.ts'

export interface Place {
  readonly place: string
  /** A text on the page of a hub with devices, enrollments, armed faults and refusals. */
  readonly full: string
  /** A text on the page of an empty hub: what to do. */
  readonly empty: string
}

const GONE = 'There is no such device'

/** @param deviceId of a device with a module that has done something of everything. */
export function places(deviceId: string): readonly Place[] {
  const at = `devices/${encodeURIComponent(deviceId)}`
  const rows: readonly (readonly [place: string, full: string, empty: string])[] = [
    ['overview', 'telemetry', 'There is no device yet'],
    ['devices', 'Last activity', 'Create the first device'],
    [`${at}/timeline`, 'IotHubUnauthorizedAccess', GONE],
    [`${at}/plots`, 'temperature', GONE],
    [`${at}/twin`, 'Reported properties', GONE],
    [`${at}/methods`, 'No call yet', GONE],
    [`${at}/messages`, 'Send a message', GONE],
    [`${at}/modules`, 'Send to an input', GONE],
    [`${at}/keys`, 'Secondary key', GONE],
    ['provisioning/enrollments', 'lamp-7', 'No enrollment yet'],
    ['provisioning/groups', 'fleet', 'No group yet'],
    ['provisioning/registrations', 'No registration yet', 'No registration yet'],
    ['provisioning/hubs', 'weight 1', 'No certificate is uploaded'],
    ['faults', 'fired 0 of 1', 'No fault is armed'],
    ['clock', 'its token expires', 'Nothing waits for the time'],
    ['explain', 'WIRE-', 'Nothing was refused'],
    ['wire', 'link opened', 'No link yet'],
  ]
  return rows.map(([place, full, empty]) => ({ place, full, empty }))
}

/** Opens a page, and waits for a text on it. */
export async function see(world: World, place: string, text: string): Promise<void> {
  await world.goto(place)
  await world.page.getByRole('heading', { level: 1 }).waitFor()
  await world.page.locator('main').getByText(text).first().waitFor()
}
