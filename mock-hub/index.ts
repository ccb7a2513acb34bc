/**
 * A mock Azure IoT Hub in process: `startMockHub`, its clocks, and the types of its options and members.
 * @packageDocumentation
 */

export { startMockHub } from './host/start.ts'
export type { MockHub, WorkloadUris } from './host/mock-hub.ts'
export type { MockHubOptions } from './host/options.ts'
export type { LinkableHub, MockProvisioning } from './host/provisioning/mock-provisioning.ts'
export type { Certificates, UploadedCertificate } from './provisioning/contract/certificates.ts'
export type {
  Enrollments,
  Page as EnrollmentPage,
  PageRequest as EnrollmentPageRequest,
} from './provisioning/contract/enrollments.ts'
export type { HubElsewhere } from './provisioning/contract/linked-hub.ts'
export type { ProvisioningPolicy, ProvisioningRight } from './provisioning/contract/policies.ts'
export type { Registrations } from './provisioning/contract/provisioning.ts'
export { parseSeed } from './host/seed/seed-file.ts'
export type { Seed, SeedCertificate, SeedDevice, SeedIdentity, SeedModule } from './host/seed/seed.ts'
export { HubClock, ManualClock, type Clock, type Purpose, type Upcoming } from './base/clock.ts'
export type { Json as JsonValue, JsonObject } from './base/json.ts'
export type { Logger } from './base/logger.ts'
export { HUB_ERRORS, type HubErrorKind } from './core/errors/catalogue.ts'
export { HubError, type Explanation, type Refusal } from './core/errors/hub-error.ts'
export { LENIENCIES, STRICT, type Settings, type Tier } from './core/contract/settings.ts'
export { identityKey, parseIdentityKey, type Identity } from './core/contract/identity.ts'
export type {
  AuthenticationMechanism,
  AuthenticationType,
  IdentityRecord,
  IdentitySpec,
  IfMatch,
  KeyChoice,
  Registry,
  RegistryChange,
  SymmetricKeys,
  Thumbprints,
} from './core/contract/registry.ts'
export type { Permission, SharedAccessPolicy, Transport } from './core/contract/principal.ts'
export type {
  SectionImport,
  TwinChange,
  TwinDocument,
  TwinImport,
  Twins,
  TwinSection,
  TwinUpdate,
} from './core/contract/twins.ts'
export type { MethodCall, MethodResult, Methods } from './core/contract/methods.ts'
export type {
  ApplicationProperties,
  EventSource,
  Message,
  SystemProperties,
  TelemetryMessage,
} from './core/contract/message.ts'
export type { ModuleInputs, TelemetryStream } from './core/contract/messaging.ts'
export type {
  C2dDelivery,
  CloudToDevice,
  FeedbackRecord,
  ServiceQueue,
  WaitingC2d,
} from './core/contract/c2d.ts'
export type { FileNotification, UploadResult, UploadTicket } from './core/contract/services/uploads.ts'
export { FAULT_TYPES } from './core/faults/fault-catalogue.ts'
export {
  UnfiredFaults,
  type ArmedFault,
  type FaultDefinition,
  type FaultMatch,
  type FaultParameter,
  type Faults,
  type FaultType,
  type FaultTypeDocument,
} from './core/contract/faults.ts'
export type {
  ClientOffer,
  Journal,
  JournalEntry,
  JournalEntryOf,
  JournalEvent,
  JournalFilter,
  TlsFacts,
} from './core/contract/journal.ts'
export type { QuotaMeter, Throttle, ThrottledOperation } from './core/contract/throttle.ts'
export { STATE_KINDS, type StateKind } from './core/contract/store/commits.ts'
export type { Channel } from './core/contract/sessions.ts'
export type { OperationKind, Operations } from './core/contract/operations.ts'
export type {
  ConfigurationContent,
  ConfigurationDocument,
  Configurations,
  ConfigurationSpec,
  StoredConfiguration,
} from './core/contract/services/configurations.ts'
export type { DigitalTwins, PatchStep } from './core/contract/services/digital-twins.ts'
export type { EdgeGateways, ScopePage } from './core/contract/services/edge.ts'
export type {
  ImportExportJobs,
  ImportExportRequest,
  JobFilter,
  JobRequest,
  Jobs,
  JobType,
} from './core/contract/services/jobs.ts'
export type { ItemType, Page, PageRequest, Queries } from './core/contract/services/queries.ts'
export type { Services } from './core/contract/services/services.ts'
export {
  SNAPSHOT_FORMAT,
  type HubSnapshot,
  type SnapshotDocument,
  type Snapshots,
  type StoredIdentity,
  type StoredMessage,
} from './core/contract/services/snapshots.ts'
