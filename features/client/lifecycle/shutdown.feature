@sut:client
Feature: Shutting down
  The client is responsible for a graceful exit, and for telling every call after it that it came too late.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#shutdown

  @BOTH-SHUT-01 @needs:lifecycle
  Rule: Shutdown ends the connection and everything else that the client does

    Scenario Outline: A connected client
      Given a connected <identity> client
      When it shuts down
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

    @clock
    Scenario Outline: Nothing happens after it
      Given a connected <identity> client
      And the application listens for background exceptions
      When it shuts down and this succeeds
      And 2 hours pass
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

  @BOTH-SHUT-02 @needs:lifecycle
  Rule: Connect fails after shutdown

    Scenario Outline: Connect
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it connects
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SHUT-03 @needs:lifecycle
  Rule: Disconnect fails after shutdown

    Scenario Outline: Disconnect
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it disconnects
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SHUT-04 @needs:lifecycle
  Rule: A second shutdown fails

    Scenario Outline: Shutdown
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it shuts down
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SHUT-05 @needs:lifecycle
  Rule: Sending a message fails after shutdown

    Scenario Outline: Message
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it sends a message
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SHUT-06 @needs:lifecycle
  Rule: Answering a method request fails after shutdown

    Scenario Outline: Method response
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it answers a method request
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SHUT-07 @needs:lifecycle
  Rule: Twin calls fail after shutdown

    Scenario Outline: Getting the twin
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it asks for its twin
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: Patching reported properties
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it patches its reported properties
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SHUT-08 @needs:lifecycle
  Rule: Receive calls fail after shutdown

    Scenario Outline: Receiving <what>
      Given a connected <identity> client
      When it shuts down and this succeeds
      And it receives <what>
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what             |
        | device   | a message        |
        | device   | a method request |
        | device   | a desired patch  |

      @identity:module
      Examples: module client
        | identity | what             |
        | module   | an input message |
        | module   | a method request |
        | module   | a desired patch  |

    Scenario Outline: Setting a handler for <what>
      Given a connected <identity> client
      When it shuts down and this succeeds
      And the application sets a handler for <what>
      Then the call fails with ClientError
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

  @BOTH-SHUT-09 @needs:lifecycle
  Rule: Updating the SAS token fails after shutdown

    Scenario Outline: A good token
      Given a connected <identity> client from a SAS token
      When it shuts down and this succeeds
      And it updates its SAS token
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @DEV-SHUT-01 @needs:lifecycle
  Rule: The two blob calls fail after shutdown

    @identity:device
    Scenario Outline: It <call>
      Given a connected device client
      When it shuts down and this succeeds
      And it <call>
      Then the call fails with ClientError
      And the hub has seen 0 HTTPS requests

      Examples:
        | call                        |
        | asks where to upload a blob |
        | reports an upload           |

  @MOD-SHUT-01 @needs:lifecycle
  Rule: Sending to an output and invoking a method fail after shutdown

    @identity:module
    Scenario Outline: An Edge module <call>
      Given a workload API that works
      And a connected module client from an Edge environment
      When it shuts down and this succeeds
      And it <call>
      Then the call fails with ClientError
      And the hub has seen 0 HTTPS requests

      Examples:
        | call                         |
        | sends a message to an output |
        | invokes a method of a device |
