@sut:client
Feature: Reported properties that cannot be reported
  The client is responsible for telling an application why its patch was not taken, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-patch-twin-reported-properties

  @BOTH-PATCH-05
  Rule: Refused credentials are a CredentialError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub refuses the <identity> that connects in order to report
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it patches its reported properties
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

  @BOTH-PATCH-06
  Rule: A connection that cannot be established is a ConnectionFailedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub is unavailable when the <identity> connects in order to report
      Given a <identity> client
      And the hub is going to be unavailable
      When it patches its reported properties
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

  @BOTH-PATCH-07
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub closes while the <identity> connects in order to report
      Given a <identity> client
      And the hub is going to close instead of accepting
      When it patches its reported properties
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
    Scenario Outline: The hub closes instead of answering the patch of the <identity>, which does not retry
      Given a connected <identity> client with:
        | connectionRetry | false |
      And the hub is going to close instead of answering a twin request
      When it patches its reported properties
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

  @BOTH-PATCH-08 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @fault:mqtt @needs:connection.auto-connect
    Scenario Outline: The hub does not answer the CONNECT of the <identity> for 60 seconds
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it patches its reported properties
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

  @BOTH-PATCH-09
  Rule: Without a connection and without auto-connect there is a NoConnectionError, and nothing is sent later

    Scenario Outline: The <identity> tries to report before it has connected
      Given a <identity> client with:
        | autoConnect | false |
      When it patches its reported properties
      Then the call fails with NoConnectionError
      And it connects and this succeeds
      And the reported properties are:
        """
        {}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-PATCH-10
  Rule: An unexpected error is a ClientError

    @needs:values.unwritable
    Scenario Outline: The <identity> is given a patch that JSON cannot write
      Given a connected <identity> client
      When it patches its reported properties with a value that is not JSON
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

  @BOTH-PATCH-04
  Rule: An error of the service is raised as a ClientError with the status as its cause

    @fault:mqtt
    Scenario Outline: The hub answers the patch of the <identity> with the status <status>
      Given a connected <identity> client
      And the hub is going to answer a twin request with status <status>
      When it patches its reported properties
      Then the call fails with ClientError
      And its cause is the status <status>
      And it is connected

      @identity:device
      Examples: device
        | identity | status |
        | device   | 400    |
        | device   | 413    |
        | device   | 429    |
        | device   | 500    |

      @identity:module
      Examples: module
        | identity | status |
        | module   | 400    |
        | module   | 413    |
        | module   | 429    |
        | module   | 500    |
