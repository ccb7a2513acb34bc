@sut:client
Feature: The attribute connected
  The client is responsible for telling at any time whether its transport is connected.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#connected

  @BOTH-CONNECTED-01
  Rule: It tells whether the transport is connected

    Scenario Outline: Before, during and after
      Given a <identity> client
      And it is not connected
      When it connects and this succeeds
      Then it is connected
      When it disconnects and this succeeds
      Then it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECTED-02
  Rule: It goes false when the connection is lost

    @clock @fault:tcp @needs:connection.retry
    Scenario Outline: A client that is going to try again
      Given a connected <identity> client
      When the connection is cut
      Then it is not connected
      When 1 second passes
      Then it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: A client that does not try again
      Given a connected <identity> client with:
        | connectionRetry | false |
      When the connection is cut
      Then it is not connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CONNECTED-03
  Rule: It is read-only

    Scenario Outline: Assigning to it
      Given a connected <identity> client
      When the application sets "connected" to false
      Then the call is refused
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
