@sut:client
Feature: No time, and no handler any more
  The client is responsible for zero being a number of seconds, and for a handler that was set again being served again.

  @DEV-RMSG-04
  Rule: A receive call for messages may wait no time

    @identity:device
    Scenario: Nothing is there, then something is
      Given a connected device client
      When it waits for a message for 0 seconds
      Then the call gives nothing
      When the back end sends the message "there"
      And it waits for a message for 5 seconds
      Then the call gives:
        | text | there |

  @MOD-IN-05
  Rule: A receive call for input messages may wait no time

    @identity:module
    Scenario: Nothing is there, then something is
      Given a connected module client
      When it waits for an input message for 0 seconds
      Then the call gives nothing
      When another module sends "there" to the input "input1"
      And it waits for an input message for 5 seconds
      Then the call gives:
        | text | there |

  @BOTH-RMETH-07
  Rule: A receive call for method requests may wait no time

    Scenario Outline: Nothing is there at the <identity>, then something is
      Given a connected <identity> client
      When it waits for <what> for 0 seconds
      Then the call gives nothing
      When the back end calls the method "measure"
      And it waits for <what> for 5 seconds
      Then the call gives:
        | name | measure |

      @identity:device
      Examples: device
        | identity | what                 |
        | device   | a method request     |
        | device   | the method "measure" |

      @identity:module
      Examples: module
        | identity | what                 |
        | module   | a method request     |
        | module   | the method "measure" |

  @BOTH-RPATCH-04
  Rule: A receive call for patches may wait no time

    Scenario Outline: Nothing is there for the <identity>, then something is
      Given a connected <identity> client
      When it waits for a desired patch for 0 seconds
      Then the call fails with InboxEmpty
      When the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      And it waits for a desired patch for 5 seconds
      Then the call gives:
        | fan | on |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-01 @clock
  Rule: A handler of methods that was taken away and set again is called

    # That a handler can be taken away is a matter of a language.
    @python-api
    Scenario Outline: The application of the <identity> stops and begins twice
      Given a connected <identity> client
      And the application listens for method requests
      And the application stops listening for method requests
      And the application listens for method requests
      And the application stops listening for method requests
      And the application listens for method requests
      When the back end calls the method "measure"
      Then the application is told of method requests 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-01 @clock
  Rule: A handler of patches that was taken away and set again is called

    @python-api
    Scenario Outline: The application of the <identity> hears of desired properties again
      Given a connected <identity> client
      And the application listens for desired properties
      And the application stops listening for desired properties
      And the application listens for desired properties
      When the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      Then the application is told of desired properties 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-01 @clock @needs:connection.retry
  Rule: Patches that wait for a busy application outlive a lost connection

    @fault:tcp
    Scenario Outline: Six patches for the <identity>
      Given a connected <identity> client
      And the application is busy with desired properties
      When the back end changes the desired properties 6 times at once
      And the connection is cut
      And 1 second passes
      And the application goes on
      Then the application is told of desired properties 6 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-14 @clock
  Rule: What was under way comes before what has waited for the connection

    @fault:tcp @fault:mqtt @needs:connection.retry
    Scenario Outline: The <identity> sends while the hub is away
      Given a connected <identity> client with:
        | autoConnect | false |
      And the hub is going to withhold an acknowledgement
      When it sends the message "first"
      And the connection is cut
      And 1 second passes
      And it sends the message "second"
      Then all calls succeed
      And since the cut the hub has received in order:
        | first  | duplicate |
        | second | new       |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONSAS-01 @clock
  Rule: A token that was given is not asked for again

    Scenario Outline: The application of the <identity> gives one before it listens
      Given a SAS token of the <identity> that lives 5 minutes
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      When 3 minutes pass
      And it updates its SAS token
      Then the call succeeds
      When the application listens for the need for a new token
      And 1 hour passes
      Then the application is told of the need for a new token 0 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: A token that the <identity> is given while it is away is watched
      Given a connected <identity> client from a SAS token
      And the application listens for the need for a new token
      When it disconnects and this succeeds
      And it updates its SAS token and this succeeds
      And 117 minutes pass
      Then the application is told of the need for a new token 0 times
      When 1 minute passes
      Then the application is told of the need for a new token 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
