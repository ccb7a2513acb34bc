/** The front door of the hub: `startMockHub`, its clocks, and the types of what it gives and takes. */

export { startMockHub } from './host/start.ts'
export type { MockHub } from './host/mock-hub.ts'
export type { MockHubOptions } from './host/options.ts'
export { parseSeed } from './host/seed-file.ts'
export type { Seed, SeedDevice, SeedModule } from './host/seed.ts'
export { HubClock, ManualClock, type Clock } from './base/clock.ts'
export { HUB_ERRORS, type HubErrorKind } from './core/errors/catalogue.ts'
export { HubError, type Explanation } from './core/errors/hub-error.ts'
export { identityKey, parseIdentityKey, type Identity } from './core/contract/identity.ts'
export type {
  ApplicationProperties,
  Message,
  SystemProperties,
  TelemetryMessage,
} from './core/contract/message.ts'
export { FAULT_TYPES } from './core/faults/fault-catalogue.ts'
export type { FaultType, FaultParameter } from './core/contract/faults.ts'
export { LENIENCIES, STRICT, type Settings, type Tier } from './core/contract/settings.ts'
export type { Json as JsonValue, JsonObject } from './base/json.ts'
export type { Logger } from './base/logger.ts'
export type { CloudToDevice, FeedbackRecord } from './core/contract/c2d.ts'
export type { ArmedFault, FaultDefinition, Faults } from './core/contract/faults.ts'
export type { Journal, JournalEntry } from './core/contract/journal.ts'
export type { TelemetryStream } from './core/contract/messaging.ts'
export type { MethodCall, MethodResult, Methods } from './core/contract/methods.ts'
export type { SharedAccessPolicy } from './core/contract/principal.ts'
export type { IdentityRecord, IdentitySpec, Registry } from './core/contract/registry.ts'
export type { TwinDocument, Twins } from './core/contract/twins.ts'
export type { FileNotification } from './core/contract/uploads.ts'
