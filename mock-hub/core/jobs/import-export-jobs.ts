/** Export of the registry to a blob and import from one: `devices.txt`, one JSON object a line (wire contract 7.4). */

import { randomUUID } from 'node:crypto'
import type { RegistryFile } from '../contract/documents.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { IdentityRecord } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'

/** Reads and writes text blobs of a container, by its URI with SAS. */
export interface BlobAccess {
  /** @throws HubError InvalidStorageEndpointOrBlob. */
  read(containerUri: string, blobName: string): Promise<string>
  /** @throws HubError InvalidStorageEndpointOrBlob. */
  write(containerUri: string, blobName: string, text: string): Promise<void>
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

interface Job {
  readonly jobId: string
  readonly request: ImportExportRequest
  readonly startedAt: number
  status: 'enqueued' | 'running' | 'completed' | 'failed' | 'cancelled'
  progress: number
  endedAt: number | undefined
  failureReason: string | undefined
  cancelStart: () => void
}

const FILE = 'devices.txt'
const ERRORS = 'importErrors.log'

export class ImportExportJobs {
  readonly #hub: Pick<Hub, 'clock' | 'registry'>
  readonly #blobs: BlobAccess
  readonly #shapes: { readonly registryFile: RegistryFile; readonly time: (ms: number) => string }
  readonly #jobs = new Map<string, Job>()

  constructor(
    hub: Pick<Hub, 'clock' | 'registry'>,
    blobs: BlobAccess,
    shapes: { readonly registryFile: RegistryFile; readonly time: (ms: number) => string },
  ) {
    this.#hub = hub
    this.#blobs = blobs
    this.#shapes = shapes
  }

  /** @throws HubError ArgumentNull, JobQuotaExceeded: one import or export at a time. */
  create(request: ImportExportRequest): JsonObject {
    const containers =
      request.type === 'import'
        ? (['inputBlobContainerUri', 'outputBlobContainerUri'] as const)
        : (['outputBlobContainerUri'] as const)
    for (const field of containers)
      if (request[field] === undefined || !URL.canParse(request[field]))
        throw refusal(
          'BlobContainerValidationError',
          `${field} must be the URI of a container.`,
          'a URI',
          'none',
        )
    if ([...this.#jobs.values()].some(({ endedAt }) => endedAt === undefined))
      throw refusal(
        'JobQuotaExceeded',
        'An import or export job is running.',
        'one at a time',
        'a second one',
      )
    const job: Job = {
      jobId: randomUUID(),
      request,
      startedAt: this.#hub.clock.now(),
      status: 'enqueued',
      progress: 0,
      endedAt: undefined,
      failureReason: undefined,
      cancelStart: () => undefined,
    }
    this.#jobs.set(job.jobId, job)
    job.cancelStart = this.#hub.clock.schedule(0, () => void this.#run(job))
    return this.#document(job)
  }

  /** @throws HubError JobNotFound. */
  get(jobId: string): JsonObject {
    return this.#document(this.#find(jobId))
  }

  list(): readonly JsonObject[] {
    return [...this.#jobs.values()].reverse().map((job) => this.#document(job))
  }

  /** @throws HubError JobNotFound. */
  cancel(jobId: string): void {
    const job = this.#find(jobId)
    job.cancelStart()
    this.#end(job, 'cancelled')
  }

  stop(): void {
    for (const { jobId } of this.#jobs.values()) this.cancel(jobId)
  }

  async #run(job: Job): Promise<void> {
    job.status = 'running'
    try {
      if (job.request.type === 'export') await this.#export(job)
      else await this.#import(job)
      this.#end(job, 'completed')
    } catch (error) {
      job.failureReason ??=
        error instanceof HubError ? `ErrorCode:${error.kind};${error.message}` : 'InternalServerError'
      this.#end(job, 'failed')
    }
  }

  async #export({ request }: Job): Promise<void> {
    const lines: string[] = []
    const keys = request.excludeKeysInExport !== true
    for (const device of this.#hub.registry.devices()) {
      lines.push(JSON.stringify(this.#shapes.registryFile.line(device, keys)))
      for (const module of this.#hub.registry.modulesOf(device.identity.deviceId))
        lines.push(JSON.stringify(this.#shapes.registryFile.line(module, keys)))
    }
    await this.#blobs.write(
      request.outputBlobContainerUri ?? '',
      request.outputBlobName ?? FILE,
      `${lines.join('\r\n')}\r\n`,
    )
  }

  async #import(job: Job): Promise<void> {
    const { inputBlobContainerUri = '', outputBlobContainerUri = '', inputBlobName = FILE } = job.request
    const text = await this.#blobs.read(inputBlobContainerUri, inputBlobName)
    const errors: string[] = []
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() === '' || job.endedAt !== undefined) continue
      const error = this.#importLine(line)
      if (error !== undefined) errors.push(JSON.stringify(error))
    }
    await this.#blobs.write(outputBlobContainerUri, ERRORS, errors.map((error) => `${error}\r\n`).join(''))
  }

  #importLine(line: string): JsonObject | undefined {
    let id = ''
    try {
      const entry: unknown = JSON.parse(line)
      if (typeof entry !== 'object' || entry === null || !('id' in entry) || typeof entry.id !== 'string')
        throw refusal(
          'DeserializationError',
          'A line must be an object with an id.',
          'an object with id',
          'another value',
        )
      id = entry.id
      // JSON of an object.
      this.#shapes.registryFile.apply(entry as unknown as JsonObject)
      return undefined
    } catch (error) {
      if (error instanceof HubError)
        return { deviceId: id, errorCode: error.code, errorStatus: error.message }
      if (error instanceof SyntaxError)
        return { deviceId: id, errorCode: 400012, errorStatus: 'The line is not JSON.' }
      throw error
    }
  }

  #end(job: Job, status: 'completed' | 'failed' | 'cancelled'): void {
    if (job.endedAt !== undefined) return
    job.status = status
    job.progress = status === 'completed' ? 100 : job.progress
    job.endedAt = this.#hub.clock.now()
  }

  #find(jobId: string): Job {
    const job = this.#jobs.get(jobId)
    if (job === undefined)
      throw refusal('JobNotFound', `Job '${jobId}' was not found.`, 'the id of a job', jobId)
    return job
  }

  #document(job: Job): JsonObject {
    const { request } = job
    const withoutSas = (uri: string | undefined) => uri?.split('?', 1)[0] ?? null
    return {
      jobId: job.jobId,
      startTimeUtc: this.#shapes.time(job.startedAt),
      ...(job.endedAt === undefined ? {} : { endTimeUtc: this.#shapes.time(job.endedAt) }),
      type: request.type,
      status: job.status,
      progress: job.progress,
      inputBlobContainerUri: withoutSas(request.inputBlobContainerUri),
      inputBlobName: request.inputBlobName ?? null,
      outputBlobContainerUri: withoutSas(request.outputBlobContainerUri),
      outputBlobName: request.outputBlobName ?? null,
      excludeKeysInExport: request.excludeKeysInExport ?? false,
      storageAuthenticationType: request.storageAuthenticationType ?? null,
      failureReason: job.failureReason ?? null,
    }
  }
}

function refusal(kind: HubError['kind'], message: string, expected: string, received: string): HubError {
  return new HubError({ kind, message, rule: 'WIRE-JOB-02', expected, received: received.slice(0, 140) })
}
