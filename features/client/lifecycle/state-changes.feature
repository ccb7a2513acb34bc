@sut:client
Feature: Changes of the connection
  The client is responsible for telling an application when its connection comes and goes.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-on-connection-state-change

  @BOTH-STATE-01
  Rule: The handler is called when the client has connected

    Scenario Outline: The <identity> connects
      Given a <identity> client
      And the application listens for connection changes
      When it connects and this succeeds
      Then the application is told of connection changes with:
        | connected | true |
      And the application is told of connection changes 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt @level:observed
    Scenario Outline: The <identity> is refused, and nothing has changed
      Given a <identity> client
      And the application listens for connection changes
      And the hub is going to refuse the credentials
      When it connects
      Then the call fails with CredentialError
      And the application is told of connection changes 0 times

      @identity:device
      Examples: device refused
        | identity |
        | device   |

      @identity:module
      Examples: module refused
        | identity |
        | module   |

  @BOTH-STATE-02
  Rule: The handler is called when the client has disconnected

    Scenario Outline: The <identity> disconnects
      Given a connected <identity> client
      And the application listens for connection changes
      When it disconnects and this succeeds
      Then the application is told of connection changes with:
        | connected | false |
      And the application is told of connection changes 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-STATE-03
  Rule: The handler is called when the connection is lost and when it is there again

    @fault:tcp @needs:connection.retry
    Scenario Outline: The <identity> loses its connection
      Given a connected <identity> client
      And the application listens for connection changes
      When the connection is cut
      Then the application is told of connection changes with:
        | connected | false |
      When 1 second passes
      Then the application is told of connection changes with:
        | connected | true |
      And the application is told of connection changes 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-STATE-04
  Rule: The handler is given no argument

    Scenario Outline: The handler of the <identity> counts
      Given a <identity> client
      And the application listens for connection changes
      When it connects and this succeeds
      Then the application is told of connection changes with:
        | argumentCount | 0 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-STATE-05
  Rule: The handler may be a function or a coroutine function

    Scenario Outline: The application of the <identity> <manner> connection changes
      Given a <identity> client
      And the application <manner> connection changes
      When it connects and this succeeds
      Then the application is told of connection changes 1 time

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
