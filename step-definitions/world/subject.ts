/** A client under test as the suite knows it: whose it is, how it was made, and with what. */

import type { Factory, IdentityKind, JsonObject } from '../driver/client-driver.ts'

export interface Subject {
  readonly session: string
  readonly kind: IdentityKind
  readonly factory: Factory
  readonly identity: { readonly deviceId: string; readonly moduleId?: string }
  readonly options: JsonObject
}
