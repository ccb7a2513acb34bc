@sut:client
Feature: The pause between attempts
  The client is responsible for giving a hub in trouble the time that the application has set.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-INTERVAL-01 @clock
  Rule: Attempts are the given number of seconds apart

    @fault:tcp @fault:mqtt
    Scenario Outline: Two attempts in vain, two seconds apart
      Given a connected <identity> client with:
        | connectionRetryInterval | 2 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 2 seconds apart
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-INTERVAL-02 @clock
  Rule: By default they are ten seconds apart

    @fault:tcp @fault:mqtt
    Scenario Outline: Two attempts in vain, ten seconds apart
      Given a connected <identity> client
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
