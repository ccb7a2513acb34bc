@sut:client @clock
Feature: Attempts in vain, and what follows them
  The client is responsible for an attempt to be over when it has failed, and for trying again as often as it must.

  @BOTH-CONNECT-06
  Rule: An attempt that failed does not end the connection after it

    @fault:mqtt @python-api
    Scenario Outline: Longer than an attempt may take after the <identity> was refused
      Given a <identity> client
      And the hub is going to be unavailable
      When it connects
      Then the call fails with ConnectionFailedError
      And it connects and this succeeds
      When 3 minutes pass
      Then it is connected
      And the hub has seen 2 connection attempts

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RETRY-01
  Rule: A call that fails in the pause between two attempts does not end them

    @fault:tcp @fault:mqtt @needs:connection.retry @needs:connection.auto-connect @python-api
    Scenario Outline: The <identity> sends while the hub is away, and later the hub is back
      Given a connected <identity> client
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 second passes
      And it sends a message
      Then the call fails with ConnectionFailedError
      When 30 seconds pass
      Then it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RETRY-01 @BOTH-INTERVAL-02
  Rule: Each loss is mended as the first one was

    @fault:tcp @fault:mqtt @python-api
    Scenario Outline: The hub is away at the second loss of the <identity> alone
      Given a connected <identity> client
      When the connection is cut 1 times, and 1 second passes each time
      And the next 3 times the hub is going to be unavailable
      And the connection is cut
      And 25 seconds pass
      Then the hub has seen 5 connection attempts
      When 10 seconds pass
      Then it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-DISC-02
  Rule: Whoever disconnects second returns after the end as well

    Scenario Outline: The <identity> disconnects twice at once
      Given a connected <identity> client
      When it disconnects
      And it disconnects
      Then the hub had seen the connection end before the call returned
      And all calls succeed
      And the hub has seen 1 DISCONNECT packet

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-DISC-01
  Rule: A client that has disconnected connects again as before

    Scenario Outline: The <identity> comes and goes three times
      Given a connected <identity> client
      And the application answers methods with status 200
      When it disconnects and this succeeds
      And it connects and this succeeds
      And it disconnects and this succeeds
      And it connects and this succeeds
      And the back end calls the method "measure"
      Then the caller of "measure" gets the status 200 and:
        """
        {"answered": true}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-14
  Rule: What was not acknowledged is sent again after a renewal as well

    @fault:mqtt
    Scenario Outline: The <identity> renews its token with two messages under way
      Given a connected <identity> client with:
        | sastokenTtl | 300 |
      And the next 2 times the hub is going to withhold an acknowledgement
      When it sends the message "first"
      And 1 second passes
      And it sends the message "second"
      And 185 seconds pass
      Then all calls succeed
      And the hub has stored the messages:
        | first  |
        | second |
        | first  |
        | second |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
