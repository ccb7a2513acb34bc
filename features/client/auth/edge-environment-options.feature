@sut:client
Feature: Options of clients from the Edge environment
  The client is responsible for what each option of the factory says, and for its default when it is left out.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#create-from-edge-environment

  @MOD-EDGE-12 @option:websockets
  Rule: createFromEdgeEnvironment accepts websockets; by default MQTT runs over TLS itself

    @identity:module @transport:default
    Scenario: websockets: default and given
      Given a workload API that works
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | transport | mqtt |
      When another connected module client from an Edge environment with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

  @MOD-EDGE-13 @option:cipher
  Rule: createFromEdgeEnvironment accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls @identity:module
    Scenario: cipher: the suite of the hub as text
      Given a workload API that works
      And a module client from an Edge environment with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:module
    Scenario: cipher: the suite of the hub among two
      Given a workload API that works
      And a module client from an Edge environment with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

    @fault:tls @identity:module
    Scenario: cipher: another suite
      Given a workload API that works
      And a module client from an Edge environment with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

  @MOD-EDGE-14 @option:productInfo
  Rule: createFromEdgeEnvironment accepts productInfo; by default nothing is appended to the agent string

    @identity:module
    Scenario: productInfo: default and given
      Given a workload API that works
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | agent suffix |  |
      When another connected module client from an Edge environment with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

  @MOD-EDGE-15 @option:proxyOptions
  Rule: createFromEdgeEnvironment accepts proxyOptions; by default there is no proxy

    @identity:module
    Scenario: proxyOptions: default and given
      Given an HTTP proxy
      And a workload API that works
      And a connected module client from an Edge environment
      Then the proxy has carried 0 connections
      When another connected module client from an Edge environment with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

  @MOD-EDGE-16 @option:sastokenTtl
  Rule: createFromEdgeEnvironment accepts sastokenTtl in seconds; by default an hour

    @identity:module
    Scenario: sastokenTtl: default and given
      Given a workload API that works
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | token life | 3600 |
      When another connected module client from an Edge environment with:
        | sastokenTtl | 900 |
      Then CONNECT holds:
        | token life | 900 |

  @MOD-EDGE-17 @option:keepAlive
  Rule: createFromEdgeEnvironment accepts keepAlive in seconds; by default a minute

    @identity:module
    Scenario: keepAlive: default and given
      Given a workload API that works
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | keep-alive | 60 |
      When another connected module client from an Edge environment with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

  @MOD-EDGE-18 @option:autoConnect
  Rule: createFromEdgeEnvironment accepts autoConnect; by default operations connect by themselves

    @identity:module
    Scenario: autoConnect: by default
      Given a workload API that works
      And a module client from an Edge environment
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

    @identity:module
    Scenario: autoConnect: off
      Given a workload API that works
      And a module client from an Edge environment with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

  @MOD-EDGE-19 @clock @option:connectionRetry
  Rule: createFromEdgeEnvironment accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp @identity:module
    Scenario: connectionRetry: by default
      Given a workload API that works
      And a connected module client from an Edge environment
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

    @fault:tcp @identity:module
    Scenario: connectionRetry: off
      Given a workload API that works
      And a connected module client from an Edge environment with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

  @MOD-EDGE-20 @clock @option:connectionRetryInterval
  Rule: createFromEdgeEnvironment accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt @identity:module
    Scenario: connectionRetryInterval: by default
      Given a workload API that works
      And a connected module client from an Edge environment
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

    @fault:tcp @fault:mqtt @identity:module
    Scenario: connectionRetryInterval: given
      Given a workload API that works
      And a connected module client from an Edge environment with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart
