/** The rules for seeds, whether they come from code or from a file. */

import { EVENT_SOURCE_LIST } from './setting-rules.ts'
import { BOOLEAN, ID, listOf, OBJECT, objectOf, oneOf, TEXT } from './value-rules.ts'

const IDENTITY = {
  status: oneOf('enabled', 'disabled'),
  statusReason: TEXT,
  key: TEXT,
  authentication: objectOf({
    type: oneOf('sas', 'selfSigned', 'certificateAuthority', 'none'),
    symmetricKey: objectOf({ primaryKey: TEXT, secondaryKey: TEXT }),
    x509Thumbprint: objectOf({ primaryThumbprint: TEXT, secondaryThumbprint: TEXT }),
  }),
  tags: OBJECT,
  properties: objectOf({ desired: OBJECT, reported: OBJECT }),
}
const MODULE = objectOf({ moduleId: ID, ...IDENTITY }, ['moduleId'])
const DEVICE = objectOf(
  {
    deviceId: ID,
    ...IDENTITY,
    capabilities: objectOf({ iotEdge: BOOLEAN }),
    parent: ID,
    modules: listOf(MODULE),
  },
  ['deviceId'],
)

/** A `Seed`. */
export const SEED = objectOf({
  devices: listOf(DEVICE),
  routes: listOf(TEXT),
  eventSources: EVENT_SOURCE_LIST,
})
