/** The front door of the hub: `startMockHub`, its clocks, and the types of what it gives and takes. */

export { startMockHub } from './start.ts'
export type { MockHub } from './mock-hub.ts'
export type { MockHubOptions } from './options.ts'
export { parseSeed } from './seed-file.ts'
export type { Seed, SeedDevice, SeedModule } from './seed.ts'
export { HubClock, ManualClock, type Clock } from './core/clock.ts'
export { HUB_ERRORS, HubError, type Explanation, type HubErrorKind } from './core/errors.ts'
export { identityKey, parseIdentityKey, type Identity } from './core/identity.ts'
export type { ApplicationProperties, Message, SystemProperties, TelemetryMessage } from './core/message.ts'
export { LEVERS } from './core/levers.ts'
export type { Lever, LeverParameter } from './core/lever.ts'
export { LENIENCIES, STRICT, type Settings, type Tier } from './core/settings.ts'
export type {
  ArmedFault,
  CloudToDevice,
  FaultDefinition,
  Faults,
  FeedbackRecord,
  FileNotification,
  IdentityRecord,
  IdentitySpec,
  Journal,
  JournalEntry,
  Json as JsonValue,
  JsonObject,
  Logger,
  MethodCall,
  MethodResult,
  Methods,
  Registry,
  SharedAccessPolicy,
  TelemetryStream,
  TwinDocument,
  Twins,
} from './core/contract.ts'
