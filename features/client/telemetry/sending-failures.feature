@sut:client
Feature: Telemetry that cannot be sent
  The client is responsible for telling an application why its message did not reach the hub, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-send-message

  @BOTH-SEND-06
  Rule: Refused credentials are a CredentialError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub refuses the <identity> that connects in order to send
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it sends a message
      Then the call fails with CredentialError
      And the hub has stored 0 messages
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-07
  Rule: A connection that cannot be established is a ConnectionFailedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub is unavailable when the <identity> connects in order to send
      Given a <identity> client
      And the hub is going to be unavailable
      When it sends a message
      Then the call fails with ConnectionFailedError
      And the hub has stored 0 messages
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-08
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub closes while the <identity> connects in order to send
      Given a <identity> client
      And the hub is going to close instead of accepting
      When it sends a message
      Then the call fails with ConnectionDroppedError
      And the hub has stored 0 messages

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: The hub closes instead of acknowledging, and the <identity> does not retry
      Given a connected <identity> client with:
        | connectionRetry | false |
      And the hub is going to close instead of acknowledging
      When it sends a message
      Then the call fails with ConnectionDroppedError
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-09 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub does not answer the CONNECT of the <identity> for 60 seconds
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it sends a message
      Then the call fails with OperationTimeout after 60 seconds
      And the hub has stored 0 messages

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-10
  Rule: Without a connection and without auto-connect there is a NoConnectionError, and nothing is sent later

    Scenario Outline: The <identity> sends before it has connected
      Given a <identity> client with:
        | autoConnect | false |
      When it sends a message
      Then the call fails with NoConnectionError
      And it connects and this succeeds
      And the hub has stored 0 messages

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: The <identity> sends after its connection was lost for good
      Given a connected <identity> client with:
        | autoConnect     | false |
        | connectionRetry | false |
      When the connection is cut
      And it sends a message
      Then the call fails with NoConnectionError
      And the hub has stored 0 messages

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-11
  Rule: An unexpected error is a ClientError

    @needs:messages.conversion
    Scenario Outline: The <identity> is given a payload of a type that cannot be sent
      Given a connected <identity> client
      When it sends a mapping
      Then the call fails with ClientError
      And the hub has stored 0 messages
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub refuses the client identifier of the <identity> that connects in order to send
      Given a <identity> client
      And the hub is going to refuse the client identifier
      When it sends a message
      Then the call fails with ClientError
      And the hub has stored 0 messages

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
