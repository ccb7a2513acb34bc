@sut:client
Feature: Re-establishing a dropped connection
  The client is responsible for mending what the network breaks, and for nothing that the application has ended.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-RETRY-01 @clock
  Rule: By default a dropped connection is re-established

    @fault:tcp
    Scenario Outline: Without any call
      Given a connected <identity> client
      When the connection is cut
      And 1 second passes
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
    Scenario Outline: The application still receives what it listens for
      Given a connected <identity> client
      And the application listens for method requests
      When the connection is cut
      And 1 second passes
      And the back end calls the method "measure"
      Then the application is told of method requests 1 time

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-RETRY-02 @clock
  Rule: When it is off, a dropped connection stays down

    @fault:tcp
    Scenario Outline: Several intervals after a drop
      Given a connected <identity> client with:
        | connectionRetry | false |
      When the connection is cut
      And 2 minutes pass
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

  @BOTH-RETRY-03 @clock
  Rule: A first connect that fails is not tried again

    @fault:mqtt
    Scenario Outline: Several intervals after a refusal
      Given a <identity> client
      And the hub is going to be unavailable
      When it connects
      Then the call fails with ConnectionFailedError
      When 2 minutes pass
      Then the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-RETRY-04 @clock
  Rule: A deliberate disconnect is not undone

    Scenario Outline: Several intervals after a disconnect
      Given a connected <identity> client
      When it disconnects and this succeeds
      And 2 minutes pass
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
