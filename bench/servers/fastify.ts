/** Anchor: fastify alone, over HTTPS, which receives the same JSON body and returns a small JSON response. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

const tls = await makeTls()
const app = Fastify({ https: { ...tls, noDelay: true } })
app.post('/methods', { schema: { body: { type: 'object' } } }, () => ({ status: 200, payload: { ok: true } }))
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
serve({ mqttPort: 0, httpsPort: port, caPem: tls.cert })
