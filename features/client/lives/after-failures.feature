@sut:client
Feature: What comes after a failure
  The client is responsible for a failure to be over when it is over: nothing is lost, kept or answered by what failed
  before.

  @DEV-RMSG-04 @clock
  Rule: A receive call that timed out takes no later message

    @identity:device
    Scenario: A message comes after the time-out
      Given a connected device client
      When it waits for a message for 3 seconds
      Then the call gives nothing after 3 seconds
      When the back end sends the message "late"
      And it looks for a message without waiting
      Then the call gives:
        | text | late |

    @identity:device
    Scenario: Two calls wait, and the first gives up
      Given a connected device client
      When it waits for a message for 3 seconds
      And it waits for a message for 60 seconds
      And 5 seconds pass
      And the back end sends the message "for the second"
      Then the call before gives nothing
      And the call gives:
        | text | for the second |

  @MOD-IN-05 @clock
  Rule: A receive call that timed out takes no later input message

    @identity:module
    Scenario: A message comes after the time-out
      Given a connected module client
      When it waits for an input message for 3 seconds
      Then the call gives nothing after 3 seconds
      When another module sends "late" to the input "input1"
      And it looks for an input message without waiting
      Then the call gives:
        | text | late |

  @BOTH-RMETH-07 @clock
  Rule: A receive call that timed out takes no later method request

    Scenario Outline: The <identity> is called after the time-out
      Given a connected <identity> client
      When it waits for a method request for 3 seconds
      Then the call gives nothing after 3 seconds
      When the back end calls the method "late"
      And it looks for a method request without waiting
      Then the call gives:
        | name | late |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-04 @clock
  Rule: A receive call that timed out takes no later patch

    Scenario Outline: The desired properties of the <identity> change after the time-out
      Given a connected <identity> client
      When it waits for a desired patch for 3 seconds
      Then the call fails with InboxEmpty after 3 seconds
      When the back end sets the desired properties to:
        """
        {"fan": "late"}
        """
      And it looks for a desired patch without waiting
      Then the call gives:
        | fan | late |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-CONNECT-06
  Rule: A connection that failed can be tried again

    @fault:mqtt
    Scenario Outline: The hub is unavailable to the <identity> twice
      Given a <identity> client
      And the next 2 times the hub is going to be unavailable
      When it connects
      Then the call fails with ConnectionFailedError
      When it connects
      Then the call fails with ConnectionFailedError
      And it connects and this succeeds
      And it is connected
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-CONNECT-08 @clock
  Rule: The second attempt in vain ends as the first

    @fault:mqtt
    Scenario Outline: The hub stays silent to the <identity> twice
      Given a <identity> client
      And the next 2 times the hub is going to stay silent when asked to connect
      When it connects
      Then the call fails with OperationTimeout after 60 seconds
      When it connects
      Then the call fails with OperationTimeout after 60 seconds
      And it connects and this succeeds
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-10
  Rule: What was refused for want of a connection is not sent later

    Scenario Outline: The <identity> sends before and after connecting
      Given a <identity> client with:
        | autoConnect | false |
      When it sends the message "too early"
      Then the call fails with NoConnectionError
      When it connects and this succeeds
      And it sends the message "in time"
      Then the hub receives the message "in time"
      And the hub has stored 1 message
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-TWIN-09
  Rule: After a refused request for the twin, another one is answered

    @fault:mqtt
    Scenario Outline: The hub refuses the <identity> once
      Given a connected <identity> client
      And the hub is going to answer a twin request with status 429
      When it asks for its twin
      Then the call fails with ClientError
      When it asks for its twin
      Then the call gives:
        | desired.$version | 1 |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-PATCH-04
  Rule: After a refused patch, another one is accepted

    @fault:mqtt
    Scenario Outline: The hub refuses the <identity> once
      Given a connected <identity> client
      And the hub is going to answer a twin request with status 400
      When it patches its reported properties
      Then the call fails with ClientError
      When it patches its reported properties with:
        """
        {"fan": "second"}
        """
      Then the call succeeds
      And the reported properties are:
        """
        {"fan": "second"}
        """
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-11
  Rule: After a message that cannot be sent, another one is

    @needs:messages.conversion
    Scenario Outline: The <identity> sends a mapping, then a text
      Given a connected <identity> client
      When it sends a mapping
      Then the call fails with ClientError
      When it sends the message "a text"
      Then the hub receives the message "a text"
      And the hub has stored 1 message
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-09
  Rule: What waits when the client stops trying again fails with the reason

    @fault:tcp @fault:mqtt @needs:connection.retry
    Scenario Outline: The hub refuses the <identity> with a message under way
      Given a connected <identity> client
      And the hub is going to withhold an acknowledgement
      And the hub is going to refuse the credentials
      When it sends a message
      And the connection is cut
      And 1 second passes
      Then the call fails with CredentialError
      And it sends a message and this succeeds
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-DISC-01
  Rule: The application can disconnect from inside a handler

    Scenario Outline: A method request makes the application of the <identity> disconnect
      Given a connected <identity> client
      And the application disconnects at method requests
      When the back end calls the method "leave"
      Then it is not connected
      And the hub has seen 1 DISCONNECT packet
      And it connects and this succeeds
      And it is connected
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-UPD-08
  Rule: A client whose new token was refused goes on with the next one

    @fault:mqtt
    Scenario Outline: The hub refuses the <identity> once
      Given a connected <identity> client from a SAS token
      And the hub is going to refuse the credentials
      When it updates its SAS token
      Then the call fails with CredentialError
      When it updates its SAS token
      Then the call succeeds
      And it is connected
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
