@sut:client
Feature: Method responses that cannot be sent
  The client is responsible for telling an application why its answer to a method did not reach the hub, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-send-method-response

  @BOTH-RESP-05
  Rule: Refused credentials are a CredentialError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub refuses the <identity> that connects in order to answer
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it answers a method request
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

  @BOTH-RESP-06
  Rule: A connection that cannot be established is a ConnectionFailedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub is unavailable when the <identity> connects in order to answer
      Given a <identity> client
      And the hub is going to be unavailable
      When it answers a method request
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

  @BOTH-RESP-07
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub closes while the <identity> connects in order to answer
      Given a <identity> client
      And the hub is going to close instead of accepting
      When it answers a method request
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
    Scenario Outline: The hub closes instead of acknowledging the answer of the <identity>, which does not retry
      Given a connected <identity> client with:
        | connectionRetry | false |
      And the hub is going to close instead of acknowledging
      When it answers a method request
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

  @BOTH-RESP-08 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub does not answer the CONNECT of the <identity> for 60 seconds
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it answers a method request
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

  @BOTH-RESP-09
  Rule: Without a connection and without auto-connect there is a NoConnectionError, and nothing is sent later

    Scenario Outline: The <identity> tries to answer before it has connected
      Given a <identity> client with:
        | autoConnect | false |
      When it answers a method request
      Then the call fails with NoConnectionError
      And it connects and this succeeds
      And the hub has seen 0 PUBLISH packets

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RESP-10
  Rule: An unexpected error is a ClientError

    Scenario Outline: The <identity> is given a payload that JSON cannot write
      Given a connected <identity> client
      When it answers a method request with a payload that is not JSON
      Then the call fails with ClientError
      And the hub has seen 0 PUBLISH packets
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
