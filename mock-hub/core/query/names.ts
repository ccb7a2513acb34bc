/**
 * Names as the service spells them. What the service names itself is read in any case and comes back in its own
 * spelling (`SELECT DeviceID` gives `deviceId`); what users name, below tags and properties, keeps its case.
 */

const SYSTEM_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'id',
    'deviceId',
    'moduleId',
    'etag',
    'deviceEtag',
    'status',
    'statusReason',
    'statusUpdateTime',
    'statusUpdatedTime',
    'connectionState',
    'lastActivityTime',
    'cloudToDeviceMessageCount',
    'authenticationType',
    'x509Thumbprint',
    'x509Thumbprint.primaryThumbprint',
    'x509Thumbprint.secondaryThumbprint',
    'modelId',
    'version',
    'tags',
    'properties',
    'properties.desired',
    'properties.reported',
    'capabilities',
    'capabilities.iotEdge',
    'deviceScope',
    'parentScopes',
    'configurations',
    'jobId',
    'jobType',
    'startTimeUtc',
    'endTimeUtc',
    'createdDateTimeUtc',
    'createdTimeUtc',
    'lastUpdatedDateTimeUtc',
    'outcome',
    'outcome.deviceMethodResponse',
    'error',
    'error.code',
    'error.description',
  ].map((name) => [name.toLowerCase(), name]),
)

/** Longest of the names above, in steps. */
export const SYSTEM_STEPS = 2

type Path = readonly (string | number)[]

/** The path without its collection (`devices.jobs.status` is `status`), system names in the spelling of the service. */
export function canonicalPath(path: Path): Path {
  const names = withoutCollection(path)
  for (let steps = Math.min(SYSTEM_STEPS, names.length); steps > 0; steps--) {
    const spelled = SYSTEM_NAMES.get(names.slice(0, steps).join('.').toLowerCase())
    if (spelled !== undefined) return [...spelled.split('.'), ...names.slice(steps)]
  }
  return names
}

/** Two ways to write one path have one key. */
export function pathKey(path: Path): string {
  return JSON.stringify(canonicalPath(path))
}

function withoutCollection(path: Path): Path {
  if (path.length === 1 || String(path[0]).toLowerCase() !== 'devices') return path
  return path.slice(path.length > 2 && /^(jobs|modules)$/i.test(String(path[1])) ? 2 : 1)
}
