/** Certificates that modules request from the workload API: server certificates and identity certificates. */

import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { identityKey } from '../../core/contract/identity.ts'
import type { IssueCertificate } from '../../net/certificates/issue-certificate.ts'
import type { ModuleParams } from './modules.ts'

const DEFAULT_LIFE_MS = 30 * 24 * 3_600_000

interface CertificateRoute {
  Params: ModuleParams
  Body: { commonName?: unknown; expiration?: unknown } | undefined
}

/** Registers `certificate/server` and `certificate/identity`. */
export function certificateRoutes(
  app: FastifyInstance,
  clock: Clock,
  find: (params: ModuleParams) => IdentityRecord,
  issue: IssueCertificate | undefined,
): void {
  for (const [kind, usage] of [
    ['server', 'server'],
    ['identity', 'client'],
  ] as const)
    app.post<CertificateRoute>(`/modules/:name/genid/:genid/certificate/${kind}`, async (request, reply) => {
      const { identity } = find(request.params)
      if (issue === undefined)
        return reply.code(501).send({ message: 'This hub has no CA to issue certificates.' })
      const { commonName } = request.body ?? {}
      const expiresAt = expiryOf(request.body?.expiration, clock)
      const issued = await issue({
        usage,
        // Real daemons choose the name of an identity certificate themselves.
        commonName:
          usage === 'server' && typeof commonName === 'string' && commonName !== ''
            ? commonName
            : identityKey(identity),
        expiresAt,
      })
      return reply.code(201).send({
        privateKey: { type: 'key', bytes: issued.privateKey },
        certificate: issued.certificate,
        expiration: new Date(expiresAt).toISOString(),
      })
    })
}

/** @throws HubError ArgumentInvalid when it is not a time in the future. */
function expiryOf(given: unknown, clock: Clock): number {
  if (given === undefined || given === null) return clock.now() + DEFAULT_LIFE_MS
  const at = typeof given === 'string' ? Date.parse(given) : Number.NaN
  if (at > clock.now()) return at
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: 'Expected expiration to be a time in the future in ISO 8601.',
    rule: 'WIRE-EDGE-02',
    expected: 'expiration to be a time in the future in ISO 8601',
    received: typeof given === 'string' ? given.slice(0, 40) : typeof given,
  })
}
