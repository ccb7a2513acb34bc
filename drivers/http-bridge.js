/**
 * Puts a driver that speaks over stdin and stdout on the network: `node http-bridge.js 8080 ./driver …`. For clients that live
 * in a container or on a board. The suite reaches it by `--driver http://that-machine:8080`.
 *
 * `POST /rpc` hands a request on and answers with its reply; `GET /events` streams what the driver tells by itself.
 */

import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

const [port, program, ...rest] = process.argv.slice(2)
if (!Number.isInteger(Number(port)) || program === undefined) {
  console.error(
    `http-bridge: must be given a port and a driver's command, got ${process.argv.slice(2).join(' ')}`,
  )
  process.exit(2)
}
const driver = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
const waiting = new Map()
let events

createInterface(driver.stdout).on('line', (line) => {
  const said = parsed(line)
  const reply = waiting.get(said?.id)
  waiting.delete(said?.id)
  // Nonsense goes on as it is: the suite is the one to judge it.
  if (reply === undefined) events?.write(`${line}\n`)
  else reply.end(`${line}\n`)
})

const server = createServer(async (request, response) => {
  const { method, url } = request
  if (method === 'GET' && url === '/events') {
    events = response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    events.flushHeaders()
  } else if (method === 'POST' && url === '/rpc') {
    const line = (await request.toArray()).join('')
    waiting.set(parsed(line)?.id, response.setHeader('content-type', 'application/json'))
    driver.stdin.write(`${line}\n`)
  } else response.writeHead(404).end(`${method} ${url} is not of the driver protocol\n`)
}).listen(Number(port), () => console.error(`http-bridge: port ${server.address().port}`))

/** The driver goes, and the bridge with it. */
driver.stdin.on('error', () => undefined)
driver.on('error', (error) => console.error(`http-bridge: ${program}: ${error.message}`))
driver.on('close', (code) => {
  events?.end()
  for (const response of waiting.values()) response.writeHead(502).end('the driver has ended\n')
  server.close(() => process.exit(code ?? 1))
  server.closeIdleConnections()
})

function parsed(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
