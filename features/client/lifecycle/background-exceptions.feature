@sut:client
Feature: Background exceptions
  The client is responsible for telling an application of what went wrong while no call was there to tell of it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-on-background-exception

  @BOTH-BGEXC-01
  Rule: The handler is called when an exception happens in the background

    @fault:tcp
    Scenario Outline: The <identity> loses an idle connection
      Given a connected <identity> client
      And the application listens for background exceptions
      When the connection is cut
      Then the application is told of background exceptions with:
        | kind | connectionDropped |
      And the application is told of background exceptions 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    # The pages say when the handler is called, not that a failing handler is such a time (decision D-17).
    @level:observed
    Scenario Outline: An exception in a handler of the <identity> is reported and stops nothing
      Given a connected <identity> client
      And the application listens for background exceptions
      And the application fails at method requests
      When the back end calls the method "measure"
      And the back end calls the method "measure"
      Then the application is told of method requests 2 times
      And the application is told of background exceptions 2 times

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-BGEXC-02
  Rule: Each failed attempt to connect again is a background exception

    @fault:tcp @fault:mqtt @needs:connection.retry
    Scenario Outline: The hub is unavailable when the <identity> comes back
      Given a connected <identity> client
      And the application listens for background exceptions
      And the hub is going to be unavailable
      When the connection is cut
      And 1 second passes
      Then the application is told of background exceptions with:
        | kind | connectionFailed |
      And the application is told of background exceptions 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-BGEXC-03
  Rule: The handler is given one argument, the exception

    @fault:tcp
    Scenario Outline: The handler of the <identity> looks at it
      Given a connected <identity> client
      And the application listens for background exceptions
      When the connection is cut
      Then the application is told of background exceptions with:
        | argumentCount | 1    |
        | isError       | true |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-BGEXC-04
  Rule: The handler may be a function or a coroutine function

    @fault:tcp
    Scenario Outline: The application of the <identity> <manner> background exceptions
      Given a connected <identity> client
      And the application <manner> background exceptions
      When the connection is cut
      Then the application is told of background exceptions 1 time

      @identity:device
      Examples: device
        | identity | manner                       |
        | device   | listens for                  |
        | device   | listens with a coroutine for |

      @identity:module
      Examples: module
        | identity | manner                       |
        | module   | listens for                  |
        | module   | listens with a coroutine for |
