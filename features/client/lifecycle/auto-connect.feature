@sut:client
Feature: Connecting on demand
  The client is responsible for connecting when something needs it, unless the application wants to decide.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-AUTO-01
  Rule: By default an operation that needs a connection opens it

    Scenario Outline: A message
      Given a <identity> client
      When it sends the message "warm"
      Then the call succeeds
      And the hub receives the message "warm"
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-AUTO-02
  Rule: This holds for methods, twin and receive operations

    Scenario Outline: It <call>
      Given a <identity> client
      When it <call>
      Then the call succeeds
      And it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | call                            |
        | device   | asks for its twin               |
        | device   | patches its reported properties |
        | device   | answers a method request        |

      @identity:module
      Examples: module client
        | identity | call                            |
        | module   | asks for its twin               |
        | module   | patches its reported properties |
        | module   | answers a method request        |

    Scenario Outline: It looks for <what>
      Given a <identity> client
      When it looks for <what> without waiting
      Then the call <outcome>
      And it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what             | outcome               |
        | device   | a message        | gives nothing         |
        | device   | a method request | gives nothing         |
        | device   | a desired patch  | fails with InboxEmpty |

      @identity:module
      Examples: module client
        | identity | what             | outcome               |
        | module   | an input message | gives nothing         |
        | module   | a method request | gives nothing         |
        | module   | a desired patch  | fails with InboxEmpty |

    Scenario Outline: A handler for <what>
      Given a <identity> client
      When the application listens for <what>
      Then it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what               |
        | device   | messages           |
        | device   | method requests    |
        | device   | desired properties |

      @identity:module
      Examples: module client
        | identity | what               |
        | module   | messages           |
        | module   | method requests    |
        | module   | desired properties |

  @BOTH-AUTO-03
  Rule: When it is off, operations open no connection

    Scenario Outline: A message without a connection
      Given a <identity> client with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects and this succeeds
      Then the hub has seen 1 connection attempt
      And the hub has stored 0 messages

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-AUTO-04
  Rule: When it is off, operations succeed after an explicit connect

    Scenario Outline: A message after connecting
      Given a <identity> client with:
        | autoConnect | false |
      When it connects and this succeeds
      And it sends the message "warm"
      Then the call succeeds
      And the hub receives the message "warm"

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
