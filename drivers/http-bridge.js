/**
 * Makes a driver that uses stdin and stdout available over HTTP: `node http-bridge.js 8080 ./driver …`, for clients in a
 * container or on a board. The suite connects to it with `--driver http://that-machine:8080`.
 *
 * `POST /rpc` passes a request on and responds with its reply; `GET /events` streams the events of the driver.
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
  // Invalid lines are passed on unchanged: the suite validates them.
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

/** When the driver ends, the bridge ends too. */
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
