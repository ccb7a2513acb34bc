/** What back ends may not write: the modules of the IoT Edge runtime. */

import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { isSystemModule, type Identity } from './identity.ts'

/**
 * Only configurations write `$edgeAgent` and `$edgeHub`: twin routes, bulk requests, import files and jobs do not.
 * @throws HubError SystemModuleModifyUnauthorizedAccess.
 */
export function checkWritable({ moduleId }: Identity): void {
  if (moduleId === undefined || !isSystemModule(moduleId)) return
  throw new HubError({
    kind: 'SystemModuleModifyUnauthorizedAccess',
    message: 'Unauthorized to modify reserved module.',
    rule: 'WIRE-TWIN-41',
    expected: 'a device, or a module that does not belong to the IoT Edge runtime',
    received: quoted(moduleId),
  })
}
