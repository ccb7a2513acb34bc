/** Certificates that modules request from the workload API: server certificates and identity certificates. */

import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { isLoopback } from '../../http-common/loopback.ts'
import type { IssueCertificate } from '../../net/certificates/issue-certificate.ts'
import type { ModuleParams } from './modules.ts'

const DAY_MS = 24 * 3_600_000
const DEFAULT_LIFE_MS = 30 * DAY_MS
const LONGEST_LIFE_MS = 90 * DAY_MS

interface CertificateRoute {
  Params: ModuleParams
  Body: { commonName?: unknown; expiration?: unknown } | undefined
}

/** Registers `certificate/server` and `certificate/identity`. */
export function certificateRoutes(
  app: FastifyInstance,
  { clock, hostName, settings }: Pick<Hub, 'clock' | 'hostName' | 'settings'>,
  find: (params: Omit<ModuleParams, 'genid'> & { readonly genid?: string }) => IdentityRecord,
  issue: IssueCertificate | undefined,
): void {
  // As edgelet has them: an identity certificate is asked for without a generation.
  for (const [path, usage] of [
    ['/modules/:name/genid/:genid/certificate/server', 'server'],
    ['/modules/:name/certificate/identity', 'client'],
  ] as const)
    app.post<CertificateRoute>(path, async (request, reply) => {
      const { moduleId = '' } = find(request.params).identity
      if (issue === undefined)
        return reply.code(501).send({ message: 'This hub has no CA to issue certificates.' })
      const { commonName, expiration } = request.body ?? {}
      const expiresAt = expiryOf(expiration, clock)
      const issued = await issue({
        usage,
        ...(usage === 'server'
          ? serverNames(commonName, moduleId, [hostName, ...settings.aliases])
          : { commonName: moduleId, names: [] }),
        expiresAt,
      })
      return reply.code(201).send({
        privateKey: { type: 'key', bytes: issued.privateKey },
        certificate: issued.certificate,
        expiration: new Date(expiresAt).toISOString(),
      })
    })
}

/**
 * A server has the name that it asks for and its module id, without the `$` of the modules of the runtime. It may ask for its
 * own name, for those of the hub, which its gateway has, and for loopback: with its certificate nobody is someone else.
 */
function serverNames(
  commonName: unknown,
  moduleId: string,
  hostNames: readonly string[],
): { readonly commonName: string; readonly names: readonly string[] } {
  if (typeof commonName !== 'string' || commonName === '')
    throw invalid('commonName', 'a non-empty text', commonName)
  const own = moduleId.replace(/^\$/, '')
  const asked = commonName.toLowerCase()
  const permitted = [own, moduleId, ...hostNames].map((name) => name.toLowerCase())
  if (!permitted.includes(asked) && !isLoopback(asked))
    throw invalid(
      'commonName',
      `the module id, a name on this machine, or a host name of the hub (--hostname adds one): ${[own, ...hostNames].join(', ')}`,
      commonName,
    )
  return { commonName, names: [...new Set([commonName, own])] }
}

/** At most 90 days from now. @throws HubError ArgumentInvalid when it is not a time in the future. */
function expiryOf(given: unknown, clock: Clock): number {
  if (given === undefined || given === null) return clock.now() + DEFAULT_LIFE_MS
  const at = typeof given === 'string' ? Date.parse(given) : Number.NaN
  if (at > clock.now()) return Math.min(at, clock.now() + LONGEST_LIFE_MS)
  throw invalid('expiration', 'a time in the future in ISO 8601', given)
}

function invalid(field: string, expected: string, given: unknown): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Expected ${field} to be ${expected}.`,
    rule: 'WIRE-EDGE-02',
    expected: `${field} to be ${expected}`,
    received: typeof given === 'string' ? given.slice(0, 40) : typeof given,
  })
}
