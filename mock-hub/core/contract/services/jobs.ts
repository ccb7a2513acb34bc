/** Scheduled jobs, and jobs that export and import the registry. */

import type { JsonObject } from '../../../base/json.ts'
import type { MethodCall } from '../methods.ts'
import type { TwinUpdate } from '../twins.ts'
import type { Page, PageRequest } from './queries.ts'

/** What a scheduled job does. */
export type JobType = 'scheduleUpdateTwin' | 'scheduleDeviceMethod'

/** A scheduled job. */
export interface JobRequest {
  /** ID of the job. */
  readonly jobId: string
  /** What it does. */
  readonly type: JobType
  /** The condition of a WHERE clause, or `*` for all devices. */
  readonly queryCondition: string
  /** Start time, epoch ms; undefined: now. */
  readonly startAt: number | undefined
  /** Maximum duration in seconds, 1 to 172,800. */
  readonly maxExecutionTimeInSeconds: number
  /** The twin update of the type `scheduleUpdateTwin`. */
  readonly updateTwin?: { readonly etag: string | undefined; readonly update: TwinUpdate } | undefined
  /** The method call of the type `scheduleDeviceMethod`. */
  readonly method?: MethodCall | undefined
  /** `updateTwin` or `cloudToDeviceMethod` as received; job documents repeat it. */
  readonly given: JsonObject
}

/** Selects jobs; compared without case. */
export interface JobFilter {
  /** Default: every type. */
  readonly type?: string | undefined
  /** Default: every status. */
  readonly status?: string | undefined
}

/** Scheduled jobs: twin updates and method calls on many devices. */
export interface Jobs {
  /**
   * Creates a job.
   * @returns its document.
   * @throws HubError JobAlreadyExists, ArgumentInvalid, ArgumentNull, ThrottlingMaxActiveJobCountExceeded.
   */
  create(request: JobRequest): JsonObject
  /** Whether there is a job. */
  has(jobId: string): boolean
  /** The document of a job. @throws HubError JobNotFound. */
  get(jobId: string): JsonObject
  /** Cancels a job for the devices where it has not started. @throws HubError JobNotFound, OperationNotAllowedInCurrentState. */
  cancel(jobId: string): JsonObject
  /** Documents of jobs, newest first. @throws HubError ArgumentInvalid (token). */
  query(filter: JobFilter, request?: PageRequest): Page
}

/** An import or export job. */
export interface ImportExportRequest {
  /** Import or export. */
  readonly type: 'import' | 'export'
  /** Container to import from, with its SAS. */
  readonly inputBlobContainerUri?: string | undefined
  /** Blob to import from. Default: `devices.txt`. */
  readonly inputBlobName?: string | undefined
  /** Container to write to, with its SAS. */
  readonly outputBlobContainerUri?: string | undefined
  /** Blob to write to. Default: `devices.txt`. */
  readonly outputBlobName?: string | undefined
  /** Whether exported keys are null. Default: false. */
  readonly excludeKeysInExport?: boolean | undefined
  /** How the hub opens the containers: by the SAS of their URI, or by its own identity, which its own storage trusts. Default: `keyBased`. */
  readonly storageAuthenticationType?: 'keyBased' | 'identityBased' | undefined
  /** Whether configurations are exported or imported too. Default: false. */
  readonly includeConfigurations?: boolean | undefined
  /** Blob of the configurations. Default: `configurations.txt`. */
  readonly configurationsBlobName?: string | undefined
}

/** Jobs that export the registry to a blob, or import it from one. */
export interface ImportExportJobs {
  /**
   * Creates a job; only one may run at a time.
   * @returns its document.
   * @throws HubError BlobContainerValidationError, JobQuotaExceeded.
   */
  create(request: ImportExportRequest): JsonObject
  /** The document of a job. @throws HubError JobNotFound. */
  get(jobId: string): JsonObject
  /** Whether there is such a job. */
  has(jobId: string): boolean
  /** The documents of all jobs, newest first. */
  list(): readonly JsonObject[]
  /** Cancels a job. @throws HubError JobNotFound. */
  cancel(jobId: string): void
}
