@sut:client
Feature: Twins that have changed
  The client is responsible for the numbers that a twin has now, and for telling of a change once.

  @BOTH-TWIN-03
  Rule: Each section of the twin has the version of its own

    Scenario Outline: The twin of the <identity> after two reports and three wishes
      Given a connected <identity> client
      When the back end changes the desired properties 3 times at once
      And it patches its reported properties and this succeeds
      And it patches its reported properties and this succeeds
      And it asks for its twin
      Then the call gives:
        | desired.$version  | 4  |
        | desired.number    | 3  |
        | reported.$version | 3  |
        | reported.fan      | on |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ENSURE-02 @clock @needs:connection.retry @option:ensureDesiredProperties
  Rule: What the application was told by a patch is not told again after a loss

    @fault:tcp
    Scenario Outline: The <identity> hears of two patches and loses its connection twice
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end changes the desired properties 2 times at once
      Then the application is told of desired properties 2 times
      When the connection is cut 2 times, and 1 second passes each time
      Then the application is told of desired properties 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-UPD-01
  Rule: The token of the application takes the place of the one before, whichever lives longer

    Scenario Outline: The <identity> is given one that ends earlier
      Given a SAS token of the <identity> that lives 2 hours
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And a SAS token of the <identity> that lives 20 minutes
      When it is given the token "{freshToken}"
      Then the call succeeds
      And CONNECT holds:
        | token life | 1200 |
      And it sends a message and this succeeds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-12
  Rule: Every property counts in the size of a message

    Scenario Outline: The <identity> sends a small message with a large <property>
      Given a connected <identity> client
      When it sends a message whose "<property>" has 262145 letters
      Then the call fails with ValueError
      And the hub has stored 0 messages
      And it is connected

      @identity:device
      Examples: device
        | identity | property        |
        | device   | messageId       |
        | device   | correlationId   |
        | device   | userId          |
        | device   | contentType     |
        | device   | contentEncoding |

      @identity:module
      Examples: module
        | identity | property        |
        | module   | messageId       |
        | module   | correlationId   |
