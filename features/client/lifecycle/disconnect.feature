@sut:client
Feature: Disconnecting
  The client is responsible for a farewell that is complete when disconnect returns, and for staying away after it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#disconnect

  @BOTH-DISC-01
  Rule: Disconnect ends the connection as MQTT has it

    Scenario Outline: A connected client
      Given a connected <identity> client
      When it disconnects
      Then the call succeeds
      And the hub has seen 1 DISCONNECT packet
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-DISC-02
  Rule: Disconnect returns when the connection is completely closed

    Scenario Outline: The hub has seen the end before the application
      Given a connected <identity> client
      When it disconnects
      Then the hub had seen the connection end before the call returned
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-DISC-03 @clock
  Rule: A disconnected client can be left alone

    Scenario Outline: An hour later
      Given a connected <identity> client
      When it disconnects and this succeeds
      And 1 hour passes
      Then the hub has seen 1 connection attempt
      And the application is told of background exceptions 0 times

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
