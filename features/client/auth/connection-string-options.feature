@sut:client
Feature: Options of clients from a connection string
  The client is responsible for what each option of the factory says, and for its default when it is left out.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-connection-string

  @BOTH-CS-10 @option:serverVerificationCert
  Rule: createFromConnectionString accepts serverVerificationCert, the chain to trust as text; by default the system store decides

    Scenario Outline: serverVerificationCert: the authority of the hub
      Given a <identity> client from a connection string with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: serverVerificationCert: left out
      Given the network between client and hub is watched
      And a <identity> client from a connection string with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "{host}"

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-11 @option:websockets
  Rule: createFromConnectionString accepts websockets; by default MQTT runs over TLS itself

    @transport:default
    Scenario Outline: websockets: default and given
      Given a connected <identity> client from a connection string
      Then CONNECT holds:
        | transport | mqtt |
      When another connected <identity> client from a connection string with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-12 @option:cipher
  Rule: createFromConnectionString accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls
    Scenario Outline: cipher: the suite of the hub as text
      Given a <identity> client from a connection string with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: cipher: the suite of the hub among two
      Given a <identity> client from a connection string with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: cipher: another suite
      Given a <identity> client from a connection string with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-13 @option:productInfo
  Rule: createFromConnectionString accepts productInfo; by default nothing is appended to the agent string

    Scenario Outline: productInfo: default and given
      Given a connected <identity> client from a connection string
      Then CONNECT holds:
        | agent suffix |  |
      When another connected <identity> client from a connection string with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-14 @option:proxyOptions
  Rule: createFromConnectionString accepts proxyOptions; by default there is no proxy

    Scenario Outline: proxyOptions: default and given
      Given an HTTP proxy
      And a connected <identity> client from a connection string
      Then the proxy has carried 0 connections
      When another connected <identity> client from a connection string with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-15 @option:sastokenTtl
  Rule: createFromConnectionString accepts sastokenTtl in seconds; by default an hour

    Scenario Outline: sastokenTtl: default and given
      Given a connected <identity> client from a connection string
      Then CONNECT holds:
        | token life | 3600 |
      When another connected <identity> client from a connection string with:
        | sastokenTtl | 900 |
      Then CONNECT holds:
        | token life | 900 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-16 @option:keepAlive
  Rule: createFromConnectionString accepts keepAlive in seconds; by default a minute

    Scenario Outline: keepAlive: default and given
      Given a connected <identity> client from a connection string
      Then CONNECT holds:
        | keep-alive | 60 |
      When another connected <identity> client from a connection string with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-17 @option:autoConnect
  Rule: createFromConnectionString accepts autoConnect; by default operations connect by themselves

    Scenario Outline: autoConnect: by default
      Given a <identity> client from a connection string
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: autoConnect: off
      Given a <identity> client from a connection string with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-18 @clock @option:connectionRetry
  Rule: createFromConnectionString accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp
    Scenario Outline: connectionRetry: by default
      Given a connected <identity> client from a connection string
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: connectionRetry: off
      Given a connected <identity> client from a connection string with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-19 @clock @option:connectionRetryInterval
  Rule: createFromConnectionString accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt
    Scenario Outline: connectionRetryInterval: by default
      Given a connected <identity> client from a connection string
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp @fault:mqtt
    Scenario Outline: connectionRetryInterval: given
      Given a connected <identity> client from a connection string with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-20 @option:ensureDesiredProperties
  Rule: createFromConnectionString accepts ensureDesiredProperties; by default the client asks for what it may have missed

    @fault:tcp
    Scenario Outline: ensureDesiredProperties: by default
      Given a connected <identity> client from a connection string
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 1 time

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: ensureDesiredProperties: off
      Given a connected <identity> client from a connection string with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 0 times

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
