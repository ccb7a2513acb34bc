/** The operations of devices and modules. */

import type { C2dDelivery } from './c2d.ts'
import type { Identity } from './identity.ts'
import type { IdentityPrincipal, Transport } from './principal.ts'
import type { Json } from '../../base/json.ts'
import type { Message } from './message.ts'
import type { MethodCall, MethodResult } from './methods.ts'
import type { TwinDocument } from './twins.ts'
import type { UploadResult, UploadTicket } from './uploads.ts'

/** The caller of an operation. */
export interface Caller {
  readonly principal: IdentityPrincipal
  readonly transport: Transport
  /** Undefined for an HTTPS request. */
  readonly linkId: string | undefined
  readonly modelId?: string | undefined
}

/** Every operation of a device or module with its input and its outcome. */
export interface Operations {
  /** The message is stored when this returns; the adapter acknowledges it only then. */
  telemetry: { input: { readonly message: Message }; outcome: undefined }
  twinGet: { input: undefined; outcome: TwinDocument }
  twinPatch: { input: { readonly patch: Json; readonly baseVersion: number | undefined }; outcome: number }
  methodResponse: {
    input: { readonly requestId: string; readonly status: number; readonly payload: Json }
    outcome: undefined
  }
  c2dReceive: { input: undefined; outcome: C2dDelivery | undefined }
  c2dSettle: {
    input: { readonly lockToken: string; readonly outcome: 'complete' | 'abandon' | 'reject' }
    outcome: undefined
  }
  uploadStart: { input: { readonly blobName: string }; outcome: UploadTicket }
  uploadFinish: { input: UploadResult; outcome: undefined }
  /** A module calls a method of another identity through its gateway. */
  invokeMethod: { input: { readonly target: Identity; readonly call: MethodCall }; outcome: MethodResult }
}
export type OperationKind = keyof Operations
