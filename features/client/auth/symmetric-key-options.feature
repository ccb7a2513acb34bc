@sut:client
Feature: Options of clients from a symmetric key
  The client is responsible for what each option of the factory says, and for its default when it is left out.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-symmetric-key

  @DEV-SK-07 @option:serverVerificationCert
  Rule: createFromSymmetricKey accepts serverVerificationCert, the chain to trust as text; by default the system store decides

    @identity:device
    Scenario: serverVerificationCert: the authority of the hub
      Given a device client from a symmetric key with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

    @identity:device
    Scenario: serverVerificationCert: left out
      Given the network between client and hub is watched
      And a device client from a symmetric key with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "localhost"

  @DEV-SK-08 @option:gatewayHostname
  Rule: createFromSymmetricKey accepts gatewayHostname, the host of the gateway; by default there is none

    @identity:device
    Scenario: gatewayHostname: a gateway of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected device client from a symmetric key with:
        | gatewayHostname | localhost |
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

    @identity:device
    Scenario: gatewayHostname: left out
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected device client from a symmetric key
      Then the TLS handshake names the host "hub.example"

  @DEV-SK-09 @option:websockets
  Rule: createFromSymmetricKey accepts websockets; by default MQTT runs over TLS itself

    @identity:device @transport:default
    Scenario: websockets: default and given
      Given a connected device client from a symmetric key
      Then CONNECT holds:
        | transport | mqtt |
      When another connected device client from a symmetric key with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

  @DEV-SK-10 @option:cipher
  Rule: createFromSymmetricKey accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls @identity:device
    Scenario: cipher: the suite of the hub as text
      Given a device client from a symmetric key with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:device
    Scenario: cipher: the suite of the hub among two
      Given a device client from a symmetric key with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:device
    Scenario: cipher: another suite
      Given a device client from a symmetric key with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

  @DEV-SK-11 @option:productInfo
  Rule: createFromSymmetricKey accepts productInfo; by default nothing is appended to the agent string

    @identity:device
    Scenario: productInfo: default and given
      Given a connected device client from a symmetric key
      Then CONNECT holds:
        | agent suffix |  |
      When another connected device client from a symmetric key with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

  @DEV-SK-12 @option:proxyOptions
  Rule: createFromSymmetricKey accepts proxyOptions; by default there is no proxy

    @identity:device
    Scenario: proxyOptions: default and given
      Given an HTTP proxy
      And a connected device client from a symmetric key
      Then the proxy has carried 0 connections
      When another connected device client from a symmetric key with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

  @DEV-SK-13 @option:sastokenTtl
  Rule: createFromSymmetricKey accepts sastokenTtl in seconds; by default an hour

    @identity:device
    Scenario: sastokenTtl: default and given
      Given a connected device client from a symmetric key
      Then CONNECT holds:
        | token life | 3600 |
      When another connected device client from a symmetric key with:
        | sastokenTtl | 900 |
      Then CONNECT holds:
        | token life | 900 |

  @DEV-SK-14 @option:keepAlive
  Rule: createFromSymmetricKey accepts keepAlive in seconds; by default a minute

    @identity:device
    Scenario: keepAlive: default and given
      Given a connected device client from a symmetric key
      Then CONNECT holds:
        | keep-alive | 60 |
      When another connected device client from a symmetric key with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

  @DEV-SK-15 @option:autoConnect
  Rule: createFromSymmetricKey accepts autoConnect; by default operations connect by themselves

    @identity:device
    Scenario: autoConnect: by default
      Given a device client from a symmetric key
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

    @identity:device
    Scenario: autoConnect: off
      Given a device client from a symmetric key with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

  @DEV-SK-16 @clock @option:connectionRetry
  Rule: createFromSymmetricKey accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp @identity:device
    Scenario: connectionRetry: by default
      Given a connected device client from a symmetric key
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

    @fault:tcp @identity:device
    Scenario: connectionRetry: off
      Given a connected device client from a symmetric key with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

  @DEV-SK-17 @clock @option:connectionRetryInterval
  Rule: createFromSymmetricKey accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt @identity:device
    Scenario: connectionRetryInterval: by default
      Given a connected device client from a symmetric key
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

    @fault:tcp @fault:mqtt @identity:device
    Scenario: connectionRetryInterval: given
      Given a connected device client from a symmetric key with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart

  @DEV-SK-18 @option:ensureDesiredProperties
  Rule: createFromSymmetricKey accepts ensureDesiredProperties; by default the client asks for what it may have missed

    @fault:tcp @identity:device
    Scenario: ensureDesiredProperties: by default
      Given a connected device client from a symmetric key
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 1 time

    @fault:tcp @identity:device
    Scenario: ensureDesiredProperties: off
      Given a connected device client from a symmetric key with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 0 times
