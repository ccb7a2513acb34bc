"""Redirects a client's connections from ports 8883 and 443 to the hub of the scenario.

The SDK fixes both ports (docs/contract/reference/sdks.md#sdks-hosts), and each scenario has its own hub on free ports. Host
names stay as they are: the SDK checks the certificate against them.
"""

import http.client
import socket

import socks

_ports = {}
_host = None


def lead_to(host, ports):
    global _host
    _host = host
    _ports.clear()
    _ports.update(ports)


_getaddrinfo = socket.getaddrinfo
_proxied = socks.socksocket.connect
_tunnel = http.client.HTTPConnection.set_tunnel


def getaddrinfo(host, port, *rest, **named):
    if port in _ports:
        host, port = _host, _ports[port]
    return _getaddrinfo(host, port, *rest, **named)


def connect(self, destination, *rest, **named):
    host, port = destination
    if port in _ports:
        destination = (_host, _ports[port])
    return _proxied(self, destination, *rest, **named)


def set_tunnel(self, host, port=None, headers=None):
    return _tunnel(self, _host if port in _ports else host, _ports.get(port, port), headers)


socket.getaddrinfo = getaddrinfo
http.client.HTTPConnection.set_tunnel = set_tunnel
socks.socksocket.connect = connect
