/** The operations that a device or module can perform. */

import type { C2dDelivery } from './c2d.ts'
import type { Identity } from './identity.ts'
import type { IdentityPrincipal, Transport } from './principal.ts'
import type { Json } from '../../base/json.ts'
import type { Message } from './message.ts'
import type { MethodCall, MethodResult } from './methods.ts'
import type { TwinDocument } from './twins.ts'
import type { UploadResult, UploadTicket } from './services/uploads.ts'

/** The caller of an operation. */
export interface Caller {
  /** The authenticated device or module. */
  readonly principal: IdentityPrincipal
  /** Its transport. */
  readonly transport: Transport
  /** ID of its connection; undefined for single HTTPS requests. */
  readonly linkId: string | undefined
  /** Model ID that it announced. */
  readonly modelId?: string | undefined
}

/** The operations that a device or module can perform, with their input and their outcome. */
export interface Operations {
  /** Sends a device-to-cloud message. When it returns, the message is stored, and the adapter may acknowledge it. */
  telemetry: { input: { readonly message: Message }; outcome: undefined }
  /** Reads the own twin. */
  twinGet: { input: undefined; outcome: TwinDocument }
  /** Merges reported properties; the outcome is their new version. */
  twinPatch: { input: { readonly patch: Json; readonly baseVersion: number | undefined }; outcome: number }
  /** Responds to a method call; the payload is passed on as it is, also when it is not JSON. */
  methodResponse: {
    input: { readonly requestId: string; readonly status: number; readonly payload: Buffer }
    outcome: undefined
  }
  /** Locks and reads the next cloud-to-device message. */
  c2dReceive: { input: undefined; outcome: C2dDelivery | undefined }
  /** Ends the lock of a cloud-to-device message. */
  c2dSettle: {
    input: { readonly lockToken: string; readonly outcome: 'complete' | 'abandon' | 'reject' }
    outcome: undefined
  }
  /** Requests a SAS for a file upload. */
  uploadStart: { input: { readonly blobName: string }; outcome: UploadTicket }
  /** Reports the result of a file upload. */
  uploadFinish: { input: UploadResult; outcome: undefined }
  /** Invokes a method of another identity through the gateway; modules only. */
  invokeMethod: { input: { readonly target: Identity; readonly call: MethodCall }; outcome: MethodResult }
}
/** Names of the operations. */
export type OperationKind = keyof Operations
