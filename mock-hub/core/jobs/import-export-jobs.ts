/**
 * Export of the registry to a blob and import from one: `devices.txt`, one JSON object a line; configurations in
 * `configurations.txt`.
 */

import { randomUUID } from 'node:crypto'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { jsonText } from '../../base/json-floats.ts'
import { DEEPEST_JSON, readJson } from '../../base/json-text.ts'
import type { Hub } from '../contract/hub.ts'
import type { Configurations } from '../contract/services/configurations.ts'
import type { BlobAccess, DocumentRenderer } from '../contract/services/documents.ts'
import type { ImportExportJobs, ImportExportRequest } from '../contract/services/jobs.ts'
import { HubError } from '../errors/hub-error.ts'
import { jobNotFound } from './job-checks.ts'

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

/** Its start is a timer of this process. */
type StoredJob = Omit<Job, 'cancelStart'> & { readonly cancelStart?: undefined }

/** What JSON leaves out. */
const ABSENT = { endedAt: undefined, failureReason: undefined }

const FILE = 'devices.txt'
const CONFIGURATIONS_FILE = 'configurations.txt'
const ERRORS = 'importErrors.log'

type JobHub = Pick<Hub, 'clock' | 'registry' | 'refuse' | 'commits'>
type Renderer = Pick<DocumentRenderer, 'registryFile' | 'time'>
type ConfigurationStore = Pick<Configurations, 'list' | 'put' | 'has'>

export class HubImportExportJobs implements ImportExportJobs {
  readonly #hub: JobHub
  readonly #configurations: ConfigurationStore
  readonly #blobs: BlobAccess
  readonly #renderer: Renderer
  readonly #jobs = new Map<string, Job>()

  constructor(hub: JobHub, configurations: ConfigurationStore, blobs: BlobAccess, renderer: Renderer) {
    this.#hub = hub
    this.#configurations = configurations
    this.#blobs = blobs
    this.#renderer = renderer
    hub.commits.keep<StoredJob>({
      kind: 'importJob',
      keys: () => this.#jobs.keys(),
      read: (id) => {
        const job = this.#jobs.get(id)
        return job && { ...job, cancelStart: undefined }
      },
      load: (documents) => {
        for (const { cancelStart } of this.#jobs.values()) cancelStart()
        this.#jobs.clear()
        const inOrder = documents.map(({ value }) => value).sort((a, b) => a.startedAt - b.startedAt)
        for (const stored of inOrder) this.#resume({ ...ABSENT, ...stored, cancelStart: () => undefined })
      },
    })
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
        message: 'Job quota has been exceeded',
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
    this.#resume(job)
    this.#changed(job)
    return this.#document(job, request.inputBlobContainerUri)
  }

  get(jobId: string): JsonObject {
    return this.#document(this.#find(jobId))
  }

  has(jobId: string): boolean {
    return this.#jobs.has(jobId)
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
    for (const job of this.#jobs.values()) {
      this.cancel(job.jobId)
      this.#changed(job)
    }
    this.#jobs.clear()
  }

  /** One that has not ended is done from its beginning: it writes whole files, and whole identities. */
  #resume(job: Job): void {
    this.#jobs.set(job.jobId, job)
    if (job.endedAt === undefined) job.cancelStart = this.#hub.clock.schedule(0, () => void this.#run(job))
  }

  #changed({ jobId }: Job): void {
    this.#hub.commits.changed('importJob', jobId)
  }

  async #run(job: Job): Promise<void> {
    job.status = 'running'
    this.#changed(job)
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
      lines.push(jsonText(this.#renderer.registryFile.line(device, keys)))
      for (const module of this.#hub.registry.modulesOf(device.identity.deviceId))
        lines.push(jsonText(this.#renderer.registryFile.line(module, keys)))
    }
    const { outputBlobContainerUri = '', outputBlobName = FILE } = request
    await this.#blobs.write(outputBlobContainerUri, outputBlobName, fileOf(lines))
    if (request.includeConfigurations !== true) return
    const configurations = this.#configurations.list().map((one) => JSON.stringify(one))
    const { configurationsBlobName = CONFIGURATIONS_FILE } = request
    await this.#blobs.write(outputBlobContainerUri, configurationsBlobName, fileOf(configurations))
  }

  async #import(job: Job): Promise<void> {
    const { inputBlobContainerUri = '', outputBlobContainerUri = '', inputBlobName = FILE } = job.request
    const errors: string[] = []
    const importFile = async (blobName: string, apply: (entry: JsonObject) => void): Promise<void> => {
      const text = await this.#blobs.read(inputBlobContainerUri, blobName)
      for (const line of text.split(/\r?\n/)) {
        if (line.trim() === '' || job.endedAt !== undefined) continue
        const error = this.#importLine(line, apply)
        if (error !== undefined) errors.push(JSON.stringify(error))
      }
    }
    await importFile(inputBlobName, (entry) => {
      this.#renderer.registryFile.apply(entry)
    })
    const { includeConfigurations = false, configurationsBlobName = CONFIGURATIONS_FILE } = job.request
    if (includeConfigurations)
      await importFile(configurationsBlobName, (entry) => {
        const { id, spec, ifMatch } = this.#renderer.registryFile.configuration(entry)
        this.#configurations.put(id, spec, this.#configurations.has(id) ? ifMatch : undefined)
      })
    await this.#blobs.write(outputBlobContainerUri, ERRORS, errors.map((error) => `${error}\r\n`).join(''))
  }

  /** The error as the service writes it: its text is the id alone (WIRE-JOB-08). The log of the hub has the reason. */
  #importLine(line: string, apply: (entry: JsonObject) => void): JsonObject | undefined {
    let id = ''
    try {
      const entry = entryOf(line)
      if (typeof entry['id'] !== 'string') throw unreadable('an object with an id', 'an object without one')
      id = entry['id']
      apply(entry)
      return undefined
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      this.#hub.refuse(error, { transport: 'https', ...(id === '' ? {} : { identity: id }) })
      return { deviceId: id, errorCode: error.code, errorStatus: id }
    }
  }

  #end(job: Job, status: 'completed' | 'failed' | 'cancelled'): void {
    if (job.endedAt !== undefined) return
    job.status = status
    job.progress = status === 'completed' ? 100 : job.progress
    job.endedAt = this.#hub.clock.now()
    this.#changed(job)
  }

  #find(jobId: string): Job {
    const job = this.#jobs.get(jobId)
    if (job !== undefined) return job
    throw jobNotFound(jobId)
  }

  /** Fields without a value are left out; only the answer to the creation names the input. */
  #document(job: Job, inputBlobContainerUri?: string): JsonObject {
    const { request } = job
    const optional = Object.entries({
      inputBlobContainerUri: withoutSas(inputBlobContainerUri),
      inputBlobName: request.inputBlobName,
      outputBlobContainerUri: withoutSas(request.outputBlobContainerUri),
      outputBlobName: request.outputBlobName,
      excludeKeysInExport: request.excludeKeysInExport ?? false,
      storageAuthenticationType: request.storageAuthenticationType,
      includeConfigurations: request.includeConfigurations,
      configurationsBlobName: request.configurationsBlobName,
      failureReason: job.failureReason,
    }).filter((entry): entry is [string, string | boolean] => entry[1] !== undefined)
    return {
      jobId: job.jobId,
      startTimeUtc: this.#renderer.time(job.startedAt),
      ...(job.endedAt === undefined ? {} : { endTimeUtc: this.#renderer.time(job.endedAt) }),
      type: request.type,
      status: job.status,
      progress: job.progress,
      ...Object.fromEntries(optional),
      useSecondaryStorageAsSource: false,
    }
  }
}

function withoutSas(uri: string | undefined): string | undefined {
  return uri?.split('?', 1)[0]
}

function fileOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('')
}

/** @throws HubError DeserializationError. */
function entryOf(line: string): JsonObject {
  let entry: Json
  try {
    entry = readJson(line)
  } catch (error) {
    const tooDeep = error instanceof RangeError
    throw unreadable(
      tooDeep ? `JSON of at most ${String(DEEPEST_JSON)} levels` : 'JSON',
      tooDeep ? error.message : 'another text',
    )
  }
  if (!isObject(entry)) throw unreadable('an object with an id', 'another value')
  return entry
}

function unreadable(expected: string, received: string): HubError {
  return new HubError({
    kind: 'DeserializationError',
    message: `A line must be ${expected}; given: ${received}.`,
    rule: 'WIRE-JOB-08',
    expected,
    received,
  })
}
