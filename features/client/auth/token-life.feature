@sut:client
Feature: The life of tokens that the client signs
  The client is responsible for tokens that live as long as the application wants, and no longer.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-TTL-01
  Rule: A token lives the given number of seconds

    Scenario Outline: A quarter of an hour
      Given a connected <identity> client with:
        | sastokenTtl | 900 |
      Then CONNECT holds:
        | token life | 900 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @clock
    Scenario Outline: A <identity> renews a token of a minute at half of its life, and once
      Given a connected <identity> client with:
        | sastokenTtl | 60 |
      When 29 seconds pass
      Then the hub has seen 1 CONNECT packet
      When 2 seconds pass
      Then the hub has seen 2 CONNECT packets

      @identity:device
      Examples: device client, a minute
        | identity |
        | device   |

      @identity:module
      Examples: module client, a minute
        | identity |
        | module   |

  @BOTH-TTL-02
  Rule: By default a token lives an hour

    Scenario Outline: Without the option
      Given a connected <identity> client
      Then CONNECT holds:
        | token life | 3600 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
