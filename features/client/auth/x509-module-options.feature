@sut:client
Feature: Options of module clients from an X.509 certificate
  The client is responsible for what each option of the factory says, and for its default when it is left out.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#create-from-x509-certificate

  @MOD-X509-08 @option:serverVerificationCert
  Rule: createFromX509Certificate accepts serverVerificationCert, the chain to trust as text; by default the system store decides

    @identity:module
    Scenario: serverVerificationCert: the authority of the hub
      Given a module client from an X.509 certificate with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

    @identity:module
    Scenario: serverVerificationCert: left out
      Given the network between client and hub is watched
      And a module client from an X.509 certificate with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "localhost"

  @MOD-X509-09 @option:gatewayHostname
  Rule: createFromX509Certificate accepts gatewayHostname, the host of the gateway; by default there is none

    @identity:module
    Scenario: gatewayHostname: a gateway of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected module client from an X.509 certificate with:
        | gatewayHostname | localhost |
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

    @identity:module
    Scenario: gatewayHostname: left out
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected module client from an X.509 certificate
      Then the TLS handshake names the host "hub.example"

  @MOD-X509-10 @option:websockets
  Rule: createFromX509Certificate accepts websockets; by default MQTT runs over TLS itself

    @identity:module @transport:default
    Scenario: websockets: default and given
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | transport | mqtt |
      When another connected module client from an X.509 certificate with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

  @MOD-X509-11 @option:cipher
  Rule: createFromX509Certificate accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls @identity:module
    Scenario: cipher: the suite of the hub as text
      Given a module client from an X.509 certificate with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:module
    Scenario: cipher: the suite of the hub among two
      Given a module client from an X.509 certificate with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:module
    Scenario: cipher: another suite
      Given a module client from an X.509 certificate with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

  @MOD-X509-12 @option:productInfo
  Rule: createFromX509Certificate accepts productInfo; by default nothing is appended to the agent string

    @identity:module
    Scenario: productInfo: default and given
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | agent suffix |  |
      When another connected module client from an X.509 certificate with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

  @MOD-X509-13 @option:proxyOptions
  Rule: createFromX509Certificate accepts proxyOptions; by default there is no proxy

    @identity:module
    Scenario: proxyOptions: default and given
      Given an HTTP proxy
      And a connected module client from an X.509 certificate
      Then the proxy has carried 0 connections
      When another connected module client from an X.509 certificate with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

  @MOD-X509-14 @option:keepAlive
  Rule: createFromX509Certificate accepts keepAlive in seconds; by default a minute

    @identity:module
    Scenario: keepAlive: default and given
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | keep-alive | 60 |
      When another connected module client from an X.509 certificate with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

  @MOD-X509-15 @option:autoConnect
  Rule: createFromX509Certificate accepts autoConnect; by default operations connect by themselves

    @identity:module
    Scenario: autoConnect: by default
      Given a module client from an X.509 certificate
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

    @identity:module
    Scenario: autoConnect: off
      Given a module client from an X.509 certificate with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

  @MOD-X509-16 @clock @option:connectionRetry
  Rule: createFromX509Certificate accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp @identity:module
    Scenario: connectionRetry: by default
      Given a connected module client from an X.509 certificate
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

    @fault:tcp @identity:module
    Scenario: connectionRetry: off
      Given a connected module client from an X.509 certificate with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

  @MOD-X509-17 @clock @option:connectionRetryInterval
  Rule: createFromX509Certificate accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt @identity:module
    Scenario: connectionRetryInterval: by default
      Given a connected module client from an X.509 certificate
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

    @fault:tcp @fault:mqtt @identity:module
    Scenario: connectionRetryInterval: given
      Given a connected module client from an X.509 certificate with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart

  @MOD-X509-18 @option:ensureDesiredProperties
  Rule: createFromX509Certificate accepts ensureDesiredProperties; by default the client asks for what it may have missed

    @fault:tcp @identity:module
    Scenario: ensureDesiredProperties: by default
      Given a connected module client from an X.509 certificate
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 1 time

    @fault:tcp @identity:module
    Scenario: ensureDesiredProperties: off
      Given a connected module client from an X.509 certificate with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 0 times
