/** Anchor: unmodified aedes over TLS; with `auth` it checks the same HMAC that the hub checks. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:tls'
import { Aedes } from 'aedes'
import type { AddressInfo } from 'node:net'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { auth?: boolean }
const key = Buffer.alloc(32, 7)
const broker = await Aedes.createBroker(
  options.auth === true
    ? {
        authenticate: (_client, _user, password, done) => {
          const fields = new URLSearchParams(
            (password ?? Buffer.alloc(0)).toString().replace(/^SharedAccessSignature /, ''),
          )
          const signed = createHmac('sha256', key)
            .update(`${encodeURIComponent(fields.get('sr') ?? '')}\n${fields.get('se') ?? ''}`)
            .digest('base64')
          done(null, signed === fields.get('sig'))
        },
      }
    : {},
)
const tls = await makeTls()
const server = createServer(
  { ...tls, noDelay: true, requestCert: true, rejectUnauthorized: false },
  (socket) => {
    socket.on('error', () => socket.destroy())
    broker.handle(socket)
  },
)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
serve({ mqttPort: (server.address() as AddressInfo).port, caPem: tls.cert })
