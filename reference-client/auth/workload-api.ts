/**
 * The workload API of the Edge runtime: over its Unix socket or plain HTTP.
 * Source: docs/contract/client/construction.md#client-edge-environment; docs/contract/edge.md#edge-workload.
 */

import { request } from 'node:http'
import type { Clock } from '../core/clock.ts'
import { OSError } from '../core/errors/os-error.ts'
import { percentEncode } from '../core/percent.ts'

const LIMIT_MS = 60_000

export interface WorkloadSettings {
  /** `unix:///path` or `http://host:port`. */
  readonly uri: string
  readonly apiVersion: string
  readonly moduleId: string
  readonly generationId: string
  readonly userAgent: string
  readonly clock: Clock
}

export class WorkloadApi {
  readonly #settings: WorkloadSettings

  constructor(settings: WorkloadSettings) {
    this.#settings = settings
  }

  /** The trusted certificates, in PEM. @throws OSError. */
  async trustBundle(): Promise<string> {
    return this.#field(await this.#request('GET', '/trust-bundle'), 'certificate')
  }

  /** Signs with the module's key. @returns the signature in base64. @throws OSError. */
  async sign(text: string): Promise<string> {
    const { generationId, moduleId } = this.#settings
    const body = JSON.stringify({
      keyId: 'primary',
      algo: 'HMACSHA256',
      data: Buffer.from(text, 'utf8').toString('base64'),
    })
    const path = `/modules/${percentEncode(moduleId)}/genid/${percentEncode(generationId)}/sign`
    return this.#field(await this.#request('POST', path, body), 'digest')
  }

  #field(body: string, name: string): string {
    let parsed: unknown
    try {
      parsed = JSON.parse(body)
    } catch (cause) {
      throw failure('its response is not JSON', cause)
    }
    const fields = new Map<string, unknown>(
      typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
    )
    const value = fields.get(name)
    if (typeof value !== 'string' || value === '') throw failure(`its response has no ${name}`)
    return value
  }

  #request(method: string, path: string, body?: string): Promise<string> {
    const { apiVersion, clock, uri, userAgent } = this.#settings
    const target = `${path}?api-version=${percentEncode(apiVersion)}`
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => {
        stopAlarm()
        reject(failure('it cannot be reached', cause))
      }
      const outgoing = request(
        {
          ...addressOf(uri, target),
          method,
          agent: false,
          headers: {
            'User-Agent': userAgent,
            ...(body === undefined
              ? {}
              : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', fail)
          response.on('end', () => {
            stopAlarm()
            const status = response.statusCode ?? 0
            if (status >= 400) reject(failure(`it answered with status ${status}`))
            else resolve(Buffer.concat(chunks).toString('utf8'))
          })
        },
      )
      const stopAlarm = clock.schedule(LIMIT_MS, () => {
        outgoing.destroy(new Error(`No response within ${LIMIT_MS / 1_000} s`))
      })
      outgoing.on('error', fail)
      outgoing.end(body)
    })
  }
}

function addressOf(uri: string, target: string) {
  let url: URL
  try {
    url = new URL(uri)
  } catch (cause) {
    throw failure('IOTEDGE_WORKLOADURI must be a URI', cause)
  }
  if (url.protocol === 'unix:') return { socketPath: decodeURIComponent(url.pathname), path: target }
  const base = url.pathname.replace(/\/$/, '')
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || 80, path: base + target }
}

function failure(why: string, cause?: unknown): OSError {
  return new OSError(`Unexpected failure in IoTEdge: the workload API cannot be used: ${why}`, { cause })
}
