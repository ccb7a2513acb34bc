@sut:client
Feature: Desired properties that cannot be received
  The client is responsible for telling an application why it cannot receive desired properties, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-receive-twin-desired-properties-patch

  @BOTH-RPATCH-10
  Rule: Refused credentials are a CredentialError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub refuses the <identity> that connects in order to receive
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it receives a desired patch
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-11
  Rule: A connection that cannot be established is a ConnectionFailedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub is unavailable when the <identity> connects in order to receive
      Given a <identity> client
      And the hub is going to be unavailable
      When it receives a desired patch
      Then the call fails with ConnectionFailedError
      And the hub has seen 1 connection attempt
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-12
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub closes while the <identity> connects in order to receive
      Given a <identity> client
      And the hub is going to close instead of accepting
      When it receives a desired patch
      Then the call fails with ConnectionDroppedError
      And the hub has seen 1 connection attempt
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-13 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub does not answer the CONNECT of the <identity> for 60 seconds
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it receives a desired patch
      Then the call fails with OperationTimeout after 60 seconds
      And it is not connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-14
  Rule: A receive call after a receive handler was set is a ClientError

    Scenario Outline: The application of the <identity> has a handler for desired properties
      Given a connected <identity> client
      And the application listens for desired properties
      When it receives a desired patch
      Then the call fails with ClientError
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The application of the <identity> has a handler for something else
      Given a connected <identity> client
      And the application listens for messages
      When it receives a desired patch
      Then the call fails with ClientError
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
