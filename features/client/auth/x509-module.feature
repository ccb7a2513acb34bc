@sut:client
Feature: Module clients from an X.509 certificate
  The client is responsible for proving who it is with its certificate alone.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#create-from-x509-certificate

  @MOD-X509-01
  Rule: A client can be built from a certificate, a host name and the ids of the identity

    @identity:module
    Scenario: The certificate of the identity
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | client id | {device}/{module} |

  @MOD-X509-02
  Rule: All arguments are required

    @construction @identity:module
    Scenario Outline: <argument> is missing
      When a module client is made from an X.509 certificate with:
        | <argument> | (none) |
      Then the call fails with TypeError

      Examples:
        | argument |
        | x509     |
        | hostname |
        | deviceId |
        | moduleId |

  @MOD-X509-03
  Rule: The ids name the device and the module on it

    @identity:module
    Scenario: Device and module
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | client id      | {device}/{module}           |
        | user name path | localhost/{device}/{module} |

  @MOD-X509-04
  Rule: The client authenticates with the certificate and not with a password

    @identity:module
    Scenario: No password
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | password  | none              |
        | client id | {device}/{module} |

    @identity:module
    Scenario: Another certificate than the hub knows
      Given certificate files
      And a module client from an X.509 certificate with:
        | x509 | {"certFile": "{otherCertFile}", "keyFile": "{otherKeyFile}"} |
      When it connects
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt

  @MOD-X509-05
  Rule: A certificate from a CER file must be base64-encoded

    @identity:module
    Scenario: As base64
      Given a connected module client from an X.509 certificate
      Then it is connected

    @construction @identity:module
    Scenario: As binary
      Given certificate files
      When a module client is made from an X.509 certificate with:
        | x509 | {"certFile": "{derFile}", "keyFile": "{keyFile}"} |
      Then the call is refused

  @MOD-X509-06
  Rule: The host name is the connection target and part of the user name

    @identity:module
    Scenario: A hub of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected module client from an X.509 certificate
      Then the TLS handshake names the host "hub.example"
      And CONNECT holds:
        | user name path | hub.example/{device}/{module} |

  @MOD-X509-07
  Rule: An unsupported option is refused

    @construction @identity:module
    Scenario Outline: <option>
      When a module client is made from an X.509 certificate with:
        | <option> | 100 |
      Then the call fails with TypeError

      Examples:
        | option      |
        | colour      |
        | sastokenTtl |

  @MOD-X509-08
  Rule: createFromX509Certificate accepts serverVerificationCert, the chain to trust as text; by default the system store decides

    @identity:module
    Scenario: The authority of the hub
      Given a module client from an X.509 certificate with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

    @identity:module
    Scenario: The system store
      Given the network between client and hub is watched
      And a module client from an X.509 certificate with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "localhost"

  @MOD-X509-09
  Rule: createFromX509Certificate accepts gatewayHostname, the host of the gateway; by default there is none

    @identity:module
    Scenario: A gateway of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected module client from an X.509 certificate with:
        | gatewayHostname | localhost |
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

    @identity:module
    Scenario: No gateway
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected module client from an X.509 certificate
      Then the TLS handshake names the host "hub.example"

  @MOD-X509-10
  Rule: createFromX509Certificate accepts websockets; by default MQTT runs over TLS itself

    @identity:module
    Scenario: websockets: default and given
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | transport | mqtt |
      When another connected module client from an X.509 certificate with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

  @MOD-X509-11
  Rule: createFromX509Certificate accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls @identity:module
    Scenario: The suite of the hub as text
      Given a module client from an X.509 certificate with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:module
    Scenario: The suite of the hub among two
      Given a module client from an X.509 certificate with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:module
    Scenario: Another suite
      Given a module client from an X.509 certificate with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

  @MOD-X509-12
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

  @MOD-X509-13
  Rule: createFromX509Certificate accepts proxyOptions; by default there is no proxy

    @identity:module
    Scenario: An HTTP proxy
      Given an HTTP proxy
      And a connected module client from an X.509 certificate
      Then the proxy has carried 0 connections
      When another connected module client from an X.509 certificate with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

  @MOD-X509-14
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

  @MOD-X509-15
  Rule: createFromX509Certificate accepts autoConnect; by default operations connect by themselves

    @identity:module
    Scenario: By default
      Given a module client from an X.509 certificate
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

    @identity:module
    Scenario: Off
      Given a module client from an X.509 certificate with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

  @MOD-X509-16 @clock
  Rule: createFromX509Certificate accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp @identity:module
    Scenario: By default
      Given a connected module client from an X.509 certificate
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

    @fault:tcp @identity:module
    Scenario: Off
      Given a connected module client from an X.509 certificate with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

  @MOD-X509-17 @clock
  Rule: createFromX509Certificate accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt @identity:module
    Scenario: By default
      Given a connected module client from an X.509 certificate
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

    @fault:tcp @fault:mqtt @identity:module
    Scenario: Given
      Given a connected module client from an X.509 certificate with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart

  @MOD-X509-18
  Rule: createFromX509Certificate accepts ensureDesiredProperties; by default the client asks for what it may have missed

    @fault:tcp @identity:module
    Scenario: By default
      Given a connected module client from an X.509 certificate
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 1 time

    @fault:tcp @identity:module
    Scenario: Off
      Given a connected module client from an X.509 certificate with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 0 times
