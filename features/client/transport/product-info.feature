@sut:client
Feature: Product info
  The client is responsible for telling the hub what product it is part of.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-PROD-01 @option:productInfo
  Rule: By default nothing is appended to the agent string

    Scenario Outline: Without the option
      Given a connected <identity> client
      Then CONNECT holds:
        | agent suffix |  |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-PROD-02 @option:productInfo
  Rule: The text is appended to the agent string

    Scenario Outline: A product
      Given a connected <identity> client with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-PROD-03 @option:productInfo
  Rule: The text is arbitrary

    Scenario Outline: <text>
      Given a connected <identity> client with:
        | productInfo | <text> |
      Then CONNECT holds:
        | agent suffix | <text> |

      @identity:device
      Examples: device client
        | identity | text         |
        | device   | a b          |
        | device   | a/b          |
        | device   | a+b          |
        | device   | a&b=c?d#e    |
        | device   | Wärmepumpe 泵 |

      @identity:module
      Examples: module client
        | identity | text         |
        | module   | a b          |
        | module   | a/b          |
        | module   | a+b          |
        | module   | a&b=c?d#e    |
        | module   | Wärmepumpe 泵 |
