@sut:client
Feature: Several things under way
  The client is responsible for keeping apart what is under way at the same time, and for its order.

  @BOTH-SEND-14
  Rule: What was not acknowledged is sent again in the order in which it was sent

    @fault:tcp @fault:mqtt
    Scenario Outline: The <identity> loses its connection with three messages under way
      Given a connected <identity> client
      And the next 3 times the hub is going to withhold an acknowledgement
      When it sends 3 messages at once
      And the connection is cut
      And 1 second passes
      Then all calls succeed
      And since the cut the hub has received in order:
        | message 1 | duplicate |
        | message 2 | duplicate |
        | message 3 | duplicate |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:tcp @fault:mqtt
    Scenario Outline: The second of three messages of the <identity> was acknowledged
      Given a connected <identity> client
      And the hub is going to withhold an acknowledgement
      When it sends the message "first"
      And it sends the message "second"
      And the connection is cut
      And it sends the message "third"
      And 1 second passes
      Then since the cut the hub has received in order:
        | first | duplicate |
        | third | new       |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-05
  Rule: Each message has the properties of its own

    Scenario Outline: Two messages of the <identity> whose properties are equally long
      Given a connected <identity> client
      When it sends a message with:
        | text         | one  |
        | property key | aaaa |
      And it sends a message with:
        | text         | two  |
        | property key | bbbb |
      Then the hub has stored the messages:
        | one | {"key":"aaaa"} |
        | two | {"key":"bbbb"} |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: A message of the <identity> without properties comes after one with some
      Given a connected <identity> client
      When it sends a message with:
        | text         | one  |
        | messageId    | id 1 |
        | property key | aaaa |
      And it sends the message "two"
      Then the hub has stored the messages:
        | one | {"key":"aaaa"} |
        | two | {}             |
      And the hub receives a message with:
        | text      | two    |
        | messageId | (none) |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-TWIN-01
  Rule: Each answer is that of its own request

    @fault:mqtt
    Scenario Outline: A twin and a patch of the <identity> are answered in reverse order
      Given a connected <identity> client
      And it asks for its twin and this succeeds
      And the hub is going to answer a twin request after the next one
      When it asks for its twin
      And it patches its reported properties
      Then the call succeeds
      And the call before gives:
        | reported.$version | 1 |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-02
  Rule: Three calls of one method are answered each for itself

    Scenario Outline: The application of the <identity> answers the last call first
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "measure" 3 times
      And the application answers the 3 requests in reverse order with their numbers
      Then each of the 3 callers gets the number of its own call
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-01
  Rule: Patches are told of in their order

    Scenario Outline: The desired properties of the <identity> change four times at once
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end changes the desired properties 4 times at once
      Then the application is told of desired properties in the order of "patch.number":
        | 1 |
        | 2 |
        | 3 |
        | 4 |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @DEV-ONMSG-01
  Rule: Messages are told of in their order

    @identity:device
    Scenario: Three messages wait for the device
      Given a connected device client
      And the application listens for messages
      When it disconnects and this succeeds
      And the back end sends the message "one"
      And the back end sends the message "two"
      And the back end sends the message "three"
      And it connects and this succeeds
      Then the application is told of messages in the order of "text":
        | one   |
        | two   |
        | three |

  @BOTH-TWIN-01 @BOTH-PATCH-01
  Rule: What was asked when the connection was lost is not asked twice

    # Whether requests about twins are acknowledged is left to a client.
    @fault:tcp @fault:mqtt @python-api
    Scenario Outline: Neither the <what> for the <identity> nor an acknowledgement has come
      Given a connected <identity> client
      And it asks for its twin and this succeeds
      And the hub is going to withhold an acknowledgement
      And the next 2 times the hub is going to answer a twin request 30 seconds late
      When it <asks>
      And the connection is cut
      And 1 second passes
      Then it is connected

      @identity:device
      Examples: device
        | identity | what   | asks                            |
        | device   | twin   | asks for its twin               |
        | device   | answer | patches its reported properties |

      @identity:module
      Examples: module
        | identity | what   | asks                            |
        | module   | twin   | asks for its twin               |
        | module   | answer | patches its reported properties |
