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
  InboxEmpty,
  IoTHubError,
  type IoTHubErrorOptions,
  NoConnectionError,
  OperationCancelled,
  OperationTimeout,
  OSError,
  ServiceError,
  ValueError,
} from './core/errors.ts'
export {
  type JsonObject,
  type JsonValue,
  Message,
  type MessageData,
  type MethodParams,
  MethodRequest,
  MethodResponse,
  type MethodResult,
  type PropertyValue,
  type ReceivedMessage,
  type StorageInfo,
  type Twin,
  type TwinPatch,
  type TwinProperties,
} from './core/models.ts'
export { ProxyOptions, type ProxyType } from './core/proxy-options.ts'
export { X509 } from './core/x509.ts'
export { IoTHubDeviceClient } from './client/device-client.ts'
export { DIAGNOSTIC_CHANNELS, type DiagnosticChannel } from './client/diagnostics.ts'
export {
  type EventHandler,
  type ExceptionHandler,
  GenericIoTHubClient,
  type ReceiveHandler,
} from './client/iot-client.ts'
export { IoTHubModuleClient } from './client/module-client.ts'
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
