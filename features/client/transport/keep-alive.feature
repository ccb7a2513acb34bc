@sut:client
Feature: Keep-alive
  The client is responsible for a sign of life at least as often as it has promised.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-KEEP-01
  Rule: The option is the longest silence that the client promises to the hub

    Scenario Outline: Half a minute
      Given a connected <identity> client with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-KEEP-02 @clock
  Rule: When nothing else is exchanged the client pings at that rate

    Scenario Outline: Seven seconds of silence
      Given a connected <identity> client with:
        | keepAlive | 2 |
      When 7 seconds pass
      Then the hub has seen 3 PINGREQ packets
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-KEEP-03
  Rule: By default it is a minute

    Scenario Outline: Without the option
      Given a connected <identity> client
      Then CONNECT holds:
        | keep-alive | 60 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
