/**
 * The reference client: the documented Azure IoT Hub device and module clients in TypeScript.
 *
 * @packageDocumentation
 */

export { type Clock, SystemClock } from './core/clock.ts'
export {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
  NoConnectionError,
} from './core/errors/client-errors.ts'
export { IoTHubError, type IoTHubErrorOptions } from './core/errors/iot-hub-error.ts'
export { InboxEmpty, OperationCancelled, OperationTimeout } from './core/errors/operation-errors.ts'
export { OSError } from './core/errors/os-error.ts'
export { ServiceError } from './core/errors/service-error.ts'
export { ValueError } from './core/errors/value-error.ts'
export { type JsonObject, type JsonValue } from './core/models/json.ts'
export { Message, type MessageData, type PropertyValue, type ReceivedMessage } from './core/models/message.ts'
export { type MethodParams, MethodRequest, MethodResponse, type MethodResult } from './core/models/method.ts'
export { type Twin, type TwinPatch, type TwinProperties } from './core/models/twin.ts'
export { type StorageInfo } from './core/models/upload.ts'
export { ProxyOptions, type ProxyType } from './core/proxy-options.ts'
export { X509 } from './core/x509.ts'
export { IoTHubDeviceClient } from './client/device-client.ts'
export { DIAGNOSTIC_CHANNELS, type DiagnosticChannel } from './client/diagnostics.ts'
export type { EventHandler, ExceptionHandler, ReceiveHandler } from './client/handlers.ts'
export { GenericIoTHubClient } from './client/iot-client.ts'
export { IoTHubModuleClient } from './client/module-client.ts'
export type { ProvisioningKeyOptions, ProvisioningOptions } from './provisioning/options.ts'
export { ProvisioningDeviceClient } from './provisioning/provisioning-client.ts'
export type { RegistrationResult, RegistrationState } from './provisioning/registration-result.ts'
export type {
  CallOptions,
  ClientExtensions,
  ClientOptions,
  ConnectionStringOptions,
  EdgeEnvironmentOptions,
  Endpoint,
  GatewayOptions,
  SastokenOptions,
  SigningOptions,
  SymmetricKeyOptions,
  TrustOptions,
  X509Options,
} from './client/options.ts'
