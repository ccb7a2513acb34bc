/**
 * Redirects a client's connections from ports 8883 and 443 to the hub of the scenario. The SDK fixes both ports
 * (docs/contract/reference/sdks.md#sdks-hosts), and each scenario has its own hub on free ports. Host names stay as they
 * are: the SDK checks the certificate against them.
 */

import net from 'node:net'

let host = '127.0.0.1'
let ports = {}

export function leadTo(where, to) {
  host = where
  ports = to
}

const connect = net.Socket.prototype.connect

net.Socket.prototype.connect = function (first, ...rest) {
  const options = Array.isArray(first) ? first[0] : first
  const port = typeof options === 'object' ? ports[options.port] : undefined
  if (port === undefined) return connect.call(this, first, ...rest)
  const led = { ...options, host, port, servername: options.servername ?? options.host }
  if (!Array.isArray(first)) return connect.call(this, led, ...rest)
  first[0] = led
  return connect.call(this, first, ...rest)
}
