@sut:client
Feature: MQTT over WebSockets
  The client is responsible for the transport that the application has chosen.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-WS-01
  Rule: By default MQTT runs over TLS itself

    @transport:default
    Scenario Outline: Without the option
      Given a connected <identity> client
      Then CONNECT holds:
        | transport | mqtt |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-WS-02
  Rule: When chosen, MQTT runs over WebSockets

    Scenario Outline: With the option
      Given a connected <identity> client with:
        | websockets | true |
      When it sends the message "warm"
      Then the hub receives the message "warm"
      And CONNECT holds:
        | transport | mqtt-ws |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
