@sut:client
Feature: Connecting
  The client is responsible for a connection that is complete when connect returns, and for saying which way it failed.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#connect

  @BOTH-CONNECT-01
  Rule: Connect takes the client to an IoT Hub or an IoT Edge hub

    Scenario Outline: An IoT Hub
      Given a <identity> client
      When it connects
      Then the call succeeds
      And it is connected
      And CONNECT holds:
        | client id | <client id> |

      @identity:device
      Examples: device client
        | identity | client id |
        | device   | {device}  |

      @identity:module
      Examples: module client
        | identity | client id         |
        | module   | {device}/{module} |

    Scenario Outline: An IoT Edge hub
      Given the clients know the hub as "hub.example"
      And the network between client and hub is watched
      And a <identity> client from a SAS token with:
        | gatewayHostname | localhost |
      When it connects and this succeeds
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-02
  Rule: The destination follows from the credentials that the client was made with

    Scenario Outline: Clients of two hubs
      Given the network between client and hub is watched
      And a connected <identity> client
      Then the TLS handshake names the host "{host}"
      When the clients know the hub as "{otherHost}"
      And another connected <identity> client
      Then the TLS handshake names the host "{otherHost}"

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-03 @clock
  Rule: Connect returns when the connection is completely established, not before

    @fault:mqtt
    Scenario Outline: A hub that takes its time
      Given a <identity> client
      And the hub is going to accept 2 seconds late
      When it connects
      Then the call succeeds after 2 seconds
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-04
  Rule: Credentials that the hub refuses are told as such

    @fault:mqtt
    Scenario Outline: Not authorized
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it connects
      Then the call fails with CredentialError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: Bad user name or password
      Given a <identity> client
      And the hub is going to refuse the user name or password
      When it connects
      Then the call fails with CredentialError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @clock
    Scenario Outline: A token that is good by the clock of the <identity>, at a hub an hour ahead
      Given a hub whose clock is 1 hour ahead
      And a <identity> client with:
        | sastokenTtl | 900 |
      When it connects
      Then the call fails with CredentialError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-05
  Rule: A hub that cannot be reached is a connection that failed

    @fault:tcp
    Scenario Outline: No TCP connection
      Given a <identity> client
      And the hub is going to reset connections
      When it connects
      Then the call fails with ConnectionFailedError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-06
  Rule: A service that is unavailable is a connection that failed

    @fault:mqtt
    Scenario Outline: Server unavailable
      Given a <identity> client
      And the hub is going to be unavailable
      When it connects
      Then the call fails with ConnectionFailedError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-07
  Rule: A connection lost while connecting is told as dropped

    @fault:mqtt
    Scenario Outline: Closed instead of an answer
      Given a <identity> client
      And the hub is going to close instead of accepting
      When it connects
      Then the call fails with ConnectionDroppedError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-08 @clock
  Rule: A connection that is not answered times out after a minute

    @fault:mqtt
    Scenario Outline: Silence
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it connects
      Then the call fails with OperationTimeout after 60 seconds
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECT-09
  Rule: Any other failure is a ClientError

    @fault:mqtt
    Scenario Outline: Identifier rejected
      Given a <identity> client
      And the hub is going to refuse the client identifier
      When it connects
      Then the call fails with ClientError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: A code that MQTT has reserved
      Given a <identity> client
      And the hub is going to answer CONNECT with a reserved code
      When it connects
      Then the call fails with ClientError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: A certificate that nobody trusts
      Given a <identity> client
      And the hub is going to show a certificate of an unknown authority
      When it connects
      Then the call fails with ClientError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
