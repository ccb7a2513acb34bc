/**
 * The errors of the service: name, HTTP status, six-digit code (Microsoft's error-code page), and the text for the caller
 * where the service has a fixed one. `docs/errors.md` lists the same catalogue; a test compares the two.
 */

interface ErrorEntry {
  readonly status: number
  readonly code: number
  /** Text for the caller with the fields `{expected}` and `{received}`. */
  readonly message?: string
}

/** Error name to HTTP status, six-digit code and text. The name is what the header `iothub-errorcode` says. */
export const HUB_ERRORS = {
  GenericBadRequest: { status: 400, code: 400000, message: 'Bad request.' },
  InvalidProtocolVersion: { status: 400, code: 400001 },
  DeviceInvalidResultCount: { status: 400, code: 400002 },
  InvalidOperation: { status: 400, code: 400003 },
  ArgumentInvalid: { status: 400, code: 400004 },
  ArgumentNull: { status: 400, code: 400005 },
  IotHubFormatError: { status: 400, code: 400006 },
  DeviceStorageEntitySerializationError: { status: 400, code: 400007 },
  BlobContainerValidationError: { status: 400, code: 400008 },
  ImportWarningExistsError: { status: 400, code: 400009 },
  InvalidSchemaVersion: { status: 400, code: 400010 },
  DeviceDefinedMultipleTimes: { status: 400, code: 400011 },
  DeserializationError: { status: 400, code: 400012 },
  BulkRegistryOperationFailure: { status: 400, code: 400013 },
  DefaultStorageEndpointNotConfigured: { status: 400, code: 400014 },
  InvalidFileUploadCorrelationId: { status: 400, code: 400015 },
  ExpiredFileUploadCorrelationId: { status: 400, code: 400016 },
  InvalidStorageEndpoint: { status: 400, code: 400017 },
  InvalidMessagingEndpoint: { status: 400, code: 400018 },
  InvalidFileUploadCompletionStatus: { status: 400, code: 400019 },
  InvalidStorageEndpointOrBlob: { status: 400, code: 400020 },
  RequestCanceled: { status: 400, code: 400021 },
  InvalidStorageEndpointProperty: { status: 400, code: 400022 },
  EtagDoesNotMatch: { status: 400, code: 400023 },
  RequestTimedOut: { status: 400, code: 400024 },
  UnsupportedOperationOnReplica: { status: 400, code: 400025 },
  NullMessage: { status: 400, code: 400026 },
  ConnectionForcefullyClosedOnNewConnection: { status: 400, code: 400027, message: 'Device unavailable' },
  InvalidDeviceScope: { status: 400, code: 400028 },
  ConnectionForcefullyClosedOnFaultInjection: { status: 400, code: 400029 },
  ConnectionRejectedOnFaultInjection: { status: 400, code: 400030 },
  InvalidEndpointAuthenticationType: { status: 400, code: 400031 },
  ManagedIdentityNotEnabled: { status: 400, code: 400032 },
  InvalidPolicyKey: { status: 400, code: 400035 },
  BulkRegenerateDeviceKeyOperationFailure: { status: 400, code: 400036 },
  InvalidRouteTestInput: { status: 400, code: 400100 },
  InvalidSourceOnRoute: { status: 400, code: 400101 },
  RoutingNotEnabled: { status: 400, code: 400102 },
  InvalidContentEncodingOrType: { status: 400, code: 400103 },
  CannotRegisterModuleToModule: { status: 400, code: 400301 },
  TenantHubRoutingNotEnabled: { status: 400, code: 400302 },
  InvalidConfigurationTargetCondition: { status: 400, code: 400401 },
  InvalidConfigurationContent: { status: 400, code: 400402 },
  CannotModifyImmutableConfigurationContent: { status: 400, code: 400403 },
  InvalidConfigurationCustomMetricsQuery: { status: 400, code: 400404 },
  GenericUnauthorized: { status: 401, code: 401000 },
  IotHubNotFound: { status: 401, code: 401001 },
  IotHubUnauthorizedAccess: { status: 401, code: 401002 },
  IotHubUnauthorized: { status: 401, code: 401003 },
  ElasticPoolNotFound: { status: 401, code: 401004 },
  SystemModuleModifyUnauthorizedAccess: { status: 401, code: 401100 },
  GenericForbidden: { status: 403, code: 403000 },
  IotHubSuspended: { status: 403, code: 403001 },
  IotHubQuotaExceeded: { status: 403, code: 403002 },
  JobQuotaExceeded: { status: 403, code: 403003 },
  DeviceModelMaxPropertiesExceeded: { status: 403, code: 403100 },
  DeviceModelMaxIndexablePropertiesExceeded: { status: 403, code: 403101 },
  DeviceMaximumQueueDepthExceeded: { status: 403, code: 403004 },
  IotHubMaxCbsTokenExceeded: { status: 403, code: 403005 },
  DeviceMaximumActiveFileUploadLimitExceeded: { status: 403, code: 403006 },
  DeviceMaximumQueueSizeExceeded: { status: 403, code: 403007 },
  RoutingEndpointResponseForbidden: { status: 403, code: 403008 },
  InvalidMessageExpiryTime: { status: 403, code: 403009 },
  OperationNotAvailableInCurrentTier: {
    status: 403,
    code: 403010,
    message: 'This operation is not available in the current tier of the hub.',
  },
  KeyEncryptionKeyRevoked: { status: 403, code: 403011 },
  DeviceDisabled: { status: 403, code: 403012 },
  DeviceMaximumInflightMethodExceeded: { status: 403, code: 403800 },
  GenericNotFound: { status: 404, code: 404000 },
  DeviceNotFound: { status: 404, code: 404001 },
  JobNotFound: { status: 404, code: 404002 },
  QuotaMetricNotFound: { status: 404, code: 404004 },
  SystemPropertyNotFound: { status: 404, code: 404005 },
  AmqpAddressNotFound: { status: 404, code: 404006 },
  RoutingEndpointResponseNotFound: { status: 404, code: 404007 },
  CertificateNotFound: { status: 404, code: 404008 },
  ElasticPoolTenantHubNotFound: { status: 404, code: 404009 },
  ModuleNotFound: { status: 404, code: 404010 },
  QueryStoreClusterNotFound: { status: 404, code: 404101 },
  DeviceNotOnline: { status: 404, code: 404103, message: 'Timed out waiting for device to connect.' },
  DeviceConnectionClosedRemotely: { status: 404, code: 404104 },
  ConfigurationNotFound: { status: 404, code: 404301 },
  GroupNotFound: { status: 404, code: 404302 },
  GenericMethodNotAllowed: { status: 405, code: 405000 },
  OperationNotAllowedInCurrentState: { status: 405, code: 405102 },
  ImportDevicesNotSupported: { status: 405, code: 405103 },
  BulkAddDevicesNotSupported: { status: 405, code: 405104 },
  GenericConflict: { status: 409, code: 409000 },
  DeviceAlreadyExists: { status: 409, code: 409001 },
  LinkCreationConflict: { status: 409, code: 409002 },
  CallbackSubscriptionConflict: { status: 409, code: 409003 },
  ModelAlreadyExists: { status: 409, code: 409101 },
  DeviceLocked: { status: 409, code: 409102 },
  DeviceJobAlreadyExists: { status: 409, code: 409103 },
  JobAlreadyExists: { status: 409, code: 409104 },
  ModuleAlreadyExistsOnDevice: { status: 409, code: 409301 },
  ConfigurationAlreadyExists: { status: 409, code: 409401 },
  ApplyConfigurationAlreadyInProgressOnDevice: { status: 409, code: 409402 },
  GenericPreconditionFailed: { status: 412, code: 412000 },
  PreconditionFailed: { status: 412, code: 412001 },
  DeviceMessageLockLost: { status: 412, code: 412002 },
  JobRunPreconditionFailed: { status: 412, code: 412003 },
  InflightMessagesInLink: { status: 412, code: 412004 },
  GenericRequestEntityTooLarge: { status: 413, code: 413000 },
  MessageTooLarge: { status: 413, code: 413001 },
  TooManyDevices: { status: 413, code: 413002 },
  TooManyModulesOnDevice: { status: 413, code: 413003 },
  ConfigurationCountLimitExceeded: { status: 413, code: 413101 },
  GenericUnsupportedMediaType: { status: 415, code: 415000, message: 'Unsupported media type.' },
  IncompatibleDataType: { status: 415, code: 415101 },
  GenericTooManyRequests: { status: 429, code: 429000 },
  ThrottlingException: { status: 429, code: 429001 },
  ThrottleBacklogLimitExceeded: { status: 429, code: 429002 },
  ThrottlingBacklogTimeout: { status: 429, code: 429003 },
  ThrottlingMaxActiveJobCountExceeded: { status: 429, code: 429004 },
  DeviceThrottlingLimitExceeded: { status: 429, code: 429005 },
  ClientClosedRequest: { status: 499, code: 499000 },
  ServerError: { status: 500, code: 500001, message: 'An internal error occurred.' },
  GenericTimeout: { status: 500, code: 500008 },
  GenericBadGateway: { status: 502, code: 502000 },
  GenericServiceUnavailable: { status: 503, code: 503000 },
  ServiceUnavailable: { status: 503, code: 503001 },
  PartitionNotFound: { status: 503, code: 503003 },
  IotHubActivationFailed: { status: 503, code: 503004 },
  ServerBusy: { status: 503, code: 503005 },
  IotHubRestoring: { status: 503, code: 503006 },
  ReceiveLinkOpensThrottled: { status: 503, code: 503008 },
  GenericGatewayTimeout: { status: 504, code: 504000 },
  GatewayTimeout: { status: 504, code: 504101, message: 'Timed out waiting for the response from device.' },
} as const satisfies Record<string, ErrorEntry>

/** The service's name of an error, for example `DeviceNotFound`. */
export type HubErrorKind = keyof typeof HUB_ERRORS

/** The first error of the catalogue with this HTTP status; ServerError when there is none. */
export function kindOfStatus(status: number): HubErrorKind {
  // The keys of the catalogue are its kinds.
  const kinds = Object.keys(HUB_ERRORS) as HubErrorKind[]
  return kinds.find((kind) => HUB_ERRORS[kind].status === status) ?? 'ServerError'
}

const DEFAULT_MESSAGE = 'Expected {expected}; given: {received}.'

/** The text for the caller of an error of this kind: the template of the catalogue with its fields filled in. */
export function messageOf(kind: HubErrorKind, expected: string, received: string): string {
  const { message = DEFAULT_MESSAGE }: ErrorEntry = HUB_ERRORS[kind]
  return message.replace(/\{(expected|received)\}/g, (_field, name) =>
    name === 'expected' ? expected : received,
  )
}
