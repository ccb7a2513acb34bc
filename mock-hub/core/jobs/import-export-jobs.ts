/** Export of the registry to a blob and import from one: `devices.txt`, one JSON object a line. */

import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { BlobAccess, DocumentRenderer } from '../contract/services/documents.ts'
import type { ImportExportJobs, ImportExportRequest } from '../contract/services/jobs.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

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

type Renderer = Pick<DocumentRenderer, 'registryFile' | 'time'>

export class HubImportExportJobs implements ImportExportJobs {
  readonly #hub: Pick<Hub, 'clock' | 'registry'>
  readonly #blobs: BlobAccess
  readonly #renderer: Renderer
  readonly #jobs = new Map<string, Job>()

  constructor(hub: Pick<Hub, 'clock' | 'registry'>, blobs: BlobAccess, renderer: Renderer) {
    this.#hub = hub
    this.#blobs = blobs
    this.#renderer = renderer
  }

  create(request: ImportExportRequest): JsonObject {
    const containers =
      request.type === 'import'
        ? (['inputBlobContainerUri', 'outputBlobContainerUri'] as const)
        : (['outputBlobContainerUri'] as const)
    for (const field of containers)
      if (request[field] === undefined || !URL.canParse(request[field]))
        throw new HubError({
          kind: 'BlobContainerValidationError',
          message: `${field} must be the URI of a container.`,
          rule: 'WIRE-JOB-02',
          expected: `${field}: a URI`,
          received: request[field] === undefined ? 'none' : 'another text',
        })
    if ([...this.#jobs.values()].some(({ endedAt }) => endedAt === undefined))
      throw new HubError({
        kind: 'JobQuotaExceeded',
        message: 'An import or export job is running.',
        rule: 'WIRE-JOB-02',
        expected: 'one import or export job at a time',
        received: 'a second one',
      })
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

  get(jobId: string): JsonObject {
    return this.#document(this.#find(jobId))
  }

  list(): readonly JsonObject[] {
    return [...this.#jobs.values()].reverse().map((job) => this.#document(job))
  }

  cancel(jobId: string): void {
    const job = this.#find(jobId)
    job.cancelStart()
    this.#end(job, 'cancelled')
  }

  /** Cancels and forgets all jobs. */
  clear(): void {
    for (const { jobId } of this.#jobs.values()) this.cancel(jobId)
    this.#jobs.clear()
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
      lines.push(JSON.stringify(this.#renderer.registryFile.line(device, keys)))
      for (const module of this.#hub.registry.modulesOf(device.identity.deviceId))
        lines.push(JSON.stringify(this.#renderer.registryFile.line(module, keys)))
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
        throw new HubError({
          kind: 'DeserializationError',
          message: 'A line must be an object with an id.',
          rule: 'WIRE-JOB-02',
          expected: 'an object with an id',
          received: 'another value',
        })
      id = entry.id
      // JSON of an object.
      this.#renderer.registryFile.apply(entry as unknown as JsonObject)
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
    if (job !== undefined) return job
    throw new HubError({
      kind: 'JobNotFound',
      message: `Job '${jobId}' was not found.`,
      rule: 'WIRE-JOB-02',
      expected: 'the id of a job',
      received: quoted(jobId),
    })
  }

  #document(job: Job): JsonObject {
    const { request } = job
    const withoutSas = (uri: string | undefined) => uri?.split('?', 1)[0] ?? null
    return {
      jobId: job.jobId,
      startTimeUtc: this.#renderer.time(job.startedAt),
      ...(job.endedAt === undefined ? {} : { endTimeUtc: this.#renderer.time(job.endedAt) }),
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
