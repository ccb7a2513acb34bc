/** A client under test: its identity, its factory and its options. */

import type { Factory, IdentityKind, JsonObject } from '../../driver/client-driver.ts'

export interface CreatedClient {
  readonly session: string
  readonly kind: IdentityKind
  readonly factory: Factory
  readonly identity: { readonly deviceId: string; readonly moduleId?: string }
  readonly options: JsonObject
}
