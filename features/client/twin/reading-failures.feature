@sut:client
Feature: Twins that cannot be read
  The client is responsible for telling an application why it does not get its twin, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-get-twin

  @BOTH-TWIN-04
  Rule: Refused credentials are a CredentialError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub refuses the <identity> that connects in order to read
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it asks for its twin
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

  @BOTH-TWIN-05
  Rule: A connection that cannot be established is a ConnectionFailedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub is unavailable when the <identity> connects in order to read
      Given a <identity> client
      And the hub is going to be unavailable
      When it asks for its twin
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

  @BOTH-TWIN-06
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub closes while the <identity> connects in order to read
      Given a <identity> client
      And the hub is going to close instead of accepting
      When it asks for its twin
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

    @fault:mqtt
    Scenario Outline: The hub closes instead of answering the <identity>, which does not retry
      Given a connected <identity> client with:
        | connectionRetry | false |
      And the hub is going to close instead of answering a twin request
      When it asks for its twin
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

  @BOTH-TWIN-07 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub does not answer the CONNECT of the <identity> for 60 seconds
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it asks for its twin
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

  @BOTH-TWIN-08
  Rule: Without a connection and without auto-connect there is a NoConnectionError, and nothing is sent later

    Scenario Outline: The <identity> tries to read before it has connected
      Given a <identity> client with:
        | autoConnect | false |
      When it asks for its twin
      Then the call fails with NoConnectionError
      And it connects and this succeeds
      And the hub has been asked for the twin 0 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-TWIN-09
  Rule: An answer that is no success is a ClientError with the status as its cause

    @fault:mqtt
    Scenario Outline: The hub answers the <identity> with the status <status>
      Given a connected <identity> client
      And the hub is going to answer a twin request with status <status>
      When it asks for its twin
      Then the call fails with ClientError
      And its cause is the status <status>
      And it is connected

      @identity:device
      Examples: device
        | identity | status |
        | device   | 404    |
        | device   | 429    |
        | device   | 500    |

      @identity:module
      Examples: module
        | identity | status |
        | module   | 404    |
        | module   | 429    |
        | module   | 500    |

    @fault:mqtt
    Scenario Outline: The hub answers the <identity> with something that is not JSON
      Given a connected <identity> client
      And the hub is going to answer a twin request with something that is not JSON
      When it asks for its twin
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
