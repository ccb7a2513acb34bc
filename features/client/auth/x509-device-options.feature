@sut:client
Feature: Options of device clients from an X.509 certificate
  The client is responsible for what each option of the factory says, and for its default when it is left out.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-x509-certificate

  @DEV-X509-09 @option:serverVerificationCert
  Rule: createFromX509Certificate accepts serverVerificationCert, the chain to trust as text; by default the system store decides

    @identity:device
    Scenario: serverVerificationCert: the authority of the hub
      Given a device client from an X.509 certificate with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

    @identity:device
    Scenario: serverVerificationCert: left out
      Given the network between client and hub is watched
      And a device client from an X.509 certificate with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "localhost"

  @DEV-X509-10 @option:gatewayHostname
  Rule: createFromX509Certificate accepts gatewayHostname, the host of the gateway; by default there is none

    @identity:device
    Scenario: gatewayHostname: a gateway of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected device client from an X.509 certificate with:
        | gatewayHostname | localhost |
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

    @identity:device
    Scenario: gatewayHostname: left out
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected device client from an X.509 certificate
      Then the TLS handshake names the host "hub.example"

  @DEV-X509-11 @option:websockets
  Rule: createFromX509Certificate accepts websockets; by default MQTT runs over TLS itself

    @identity:device @transport:default
    Scenario: websockets: default and given
      Given a connected device client from an X.509 certificate
      Then CONNECT holds:
        | transport | mqtt |
      When another connected device client from an X.509 certificate with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

  @DEV-X509-12 @option:cipher
  Rule: createFromX509Certificate accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls @identity:device
    Scenario: cipher: the suite of the hub as text
      Given a device client from an X.509 certificate with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:device
    Scenario: cipher: the suite of the hub among two
      Given a device client from an X.509 certificate with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:device
    Scenario: cipher: another suite
      Given a device client from an X.509 certificate with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

  @DEV-X509-13 @option:productInfo
  Rule: createFromX509Certificate accepts productInfo; by default nothing is appended to the agent string

    @identity:device
    Scenario: productInfo: default and given
      Given a connected device client from an X.509 certificate
      Then CONNECT holds:
        | agent suffix |  |
      When another connected device client from an X.509 certificate with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

  @DEV-X509-14 @option:proxyOptions
  Rule: createFromX509Certificate accepts proxyOptions; by default there is no proxy

    @identity:device
    Scenario: proxyOptions: default and given
      Given an HTTP proxy
      And a connected device client from an X.509 certificate
      Then the proxy has carried 0 connections
      When another connected device client from an X.509 certificate with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

  @DEV-X509-15 @option:keepAlive
  Rule: createFromX509Certificate accepts keepAlive in seconds; by default a minute

    @identity:device
    Scenario: keepAlive: default and given
      Given a connected device client from an X.509 certificate
      Then CONNECT holds:
        | keep-alive | 60 |
      When another connected device client from an X.509 certificate with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

  @DEV-X509-16 @option:autoConnect
  Rule: createFromX509Certificate accepts autoConnect; by default operations connect by themselves

    @identity:device
    Scenario: autoConnect: by default
      Given a device client from an X.509 certificate
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

    @identity:device
    Scenario: autoConnect: off
      Given a device client from an X.509 certificate with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

  @DEV-X509-17 @clock @option:connectionRetry
  Rule: createFromX509Certificate accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp @identity:device
    Scenario: connectionRetry: by default
      Given a connected device client from an X.509 certificate
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

    @fault:tcp @identity:device
    Scenario: connectionRetry: off
      Given a connected device client from an X.509 certificate with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

  @DEV-X509-18 @clock @option:connectionRetryInterval
  Rule: createFromX509Certificate accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt @identity:device
    Scenario: connectionRetryInterval: by default
      Given a connected device client from an X.509 certificate
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

    @fault:tcp @fault:mqtt @identity:device
    Scenario: connectionRetryInterval: given
      Given a connected device client from an X.509 certificate with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart

  @DEV-X509-19 @option:ensureDesiredProperties
  Rule: createFromX509Certificate accepts ensureDesiredProperties; by default the client asks for what it may have missed

    @fault:tcp @identity:device
    Scenario: ensureDesiredProperties: by default
      Given a connected device client from an X.509 certificate
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 1 time

    @fault:tcp @identity:device
    Scenario: ensureDesiredProperties: off
      Given a connected device client from an X.509 certificate with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 0 times
