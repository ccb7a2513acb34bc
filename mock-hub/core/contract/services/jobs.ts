/** Scheduled jobs, and jobs that export and import the registry. */

import type { JsonObject } from '../../../base/json.ts'
import type { MethodCall } from '../methods.ts'
import type { TwinUpdate } from '../twins.ts'
import type { Page, PageRequest } from './queries.ts'

export type JobType = 'scheduleUpdateTwin' | 'scheduleDeviceMethod'

export interface JobRequest {
  readonly jobId: string
  readonly type: JobType
  /** A WHERE part, or `*`. */
  readonly queryCondition: string
  /** Epoch ms; undefined: now. */
  readonly startAt: number | undefined
  /** Seconds, 1 to 172,800. */
  readonly maxExecutionTimeInSeconds: number
  readonly updateTwin?: { readonly etag: string | undefined; readonly update: TwinUpdate } | undefined
  readonly method?: MethodCall | undefined
  /** `updateTwin` or `cloudToDeviceMethod` as the caller gave it; documents repeat it. */
  readonly given: JsonObject
}

/** Left out: every type, every status. Compared without regard to case. */
export interface JobFilter {
  readonly type?: string | undefined
  readonly status?: string | undefined
}

/** Scheduled jobs: twin updates and method calls on many devices at a time of the hub's clock. */
export interface Jobs {
  /** @returns its document. @throws HubError JobAlreadyExists, ArgumentInvalid, ArgumentNull, ThrottlingMaxActiveJobCountExceeded. */
  create(request: JobRequest): JsonObject
  /** @throws HubError JobNotFound. */
  get(jobId: string): JsonObject
  /** Devices that have not begun are left out. @throws HubError JobNotFound, OperationNotAllowedInCurrentState. */
  cancel(jobId: string): JsonObject
  /** Documents of jobs, newest first. @throws HubError ArgumentInvalid (token). */
  query(filter: JobFilter, request?: PageRequest): Page
}

export interface ImportExportRequest {
  readonly type: 'import' | 'export'
  readonly inputBlobContainerUri?: string | undefined
  readonly inputBlobName?: string | undefined
  readonly outputBlobContainerUri?: string | undefined
  readonly outputBlobName?: string | undefined
  readonly excludeKeysInExport?: boolean | undefined
  readonly storageAuthenticationType?: string | undefined
}

/** Export of the registry to a blob and import from one. */
export interface ImportExportJobs {
  /** @returns its document. @throws HubError BlobContainerValidationError, JobQuotaExceeded: one import or export at a time. */
  create(request: ImportExportRequest): JsonObject
  /** @throws HubError JobNotFound. */
  get(jobId: string): JsonObject
  /** Newest first. */
  list(): readonly JsonObject[]
  /** @throws HubError JobNotFound. */
  cancel(jobId: string): void
}
