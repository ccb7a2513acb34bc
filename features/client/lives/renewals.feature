@sut:client @clock
Feature: Long lives
  The client is responsible for what it did once to be done as often as it is needed: a device runs for years.

  @BOTH-ONSAS-04
  Rule: A client that signs for itself renews its token each time

    Scenario Outline: Five tokens of the <identity>
      Given a connected <identity> client with:
        | sastokenTtl | 300 |
      When 13 minutes pass
      Then the hub has seen 5 connection attempts
      And the last 5 connection attempts are 3 minutes apart
      And CONNECT holds:
        | token life | 300 |
      When it sends the message "still here"
      Then the hub receives the message "still here"
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-12
  Rule: A renewal that failed for a while is followed by the next one in time

    @fault:mqtt
    Scenario Outline: The hub is away at the first renewal of the <identity>
      Given a connected <identity> client with:
        | sastokenTtl | 300 |
      And the next 2 times the hub is going to be unavailable
      When 205 seconds pass
      Then it is connected
      And the hub has seen 4 connection attempts
      When 6 minutes pass
      Then the hub has seen 6 connection attempts
      And the last 2 connection attempts are 3 minutes apart
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONSAS-01 @BOTH-ONSAS-02 @BOTH-UPD-01
  Rule: The application is asked for a new token two minutes before each one ends

    Scenario Outline: Three tokens that the application gives the <identity>
      Given a SAS token of the <identity> that lives 5 minutes
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens for the need for a new token
      When the application is asked 3 times for a new token, every 3 minutes, and gives one that lives 5 minutes
      Then the hub has seen 4 connection attempts
      And CONNECT holds:
        | token | {freshToken} |
      When it sends the message "still here"
      Then the hub receives the message "still here"
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> is given a token before it asks
      Given a SAS token of the <identity> that lives 5 minutes
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens for the need for a new token
      When a minute passes and the application gives a token that lives 1 hour
      And 57 minutes pass
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

  @BOTH-RETRY-01 @BOTH-STATE-03
  Rule: Each lost connection is established again, and told of

    @fault:tcp
    Scenario Outline: The <identity> loses its connection three times
      Given a connected <identity> client
      And the application answers methods with status 200
      And the application listens for connection changes
      When the connection is cut 3 times, and 1 second passes each time
      Then the application is told of connection changes 6 times
      When the back end calls the method "measure"
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

    @fault:tcp @fault:mqtt @BOTH-INTERVAL-01 @python-api
    Scenario Outline: The hub is away each time for two attempts of the <identity>
      Given a connected <identity> client
      When the connection is cut 3 times, and the hub is unavailable for 2 attempts each time
      Then it is connected
      And the hub has seen 10 connection attempts
      When it sends the message "back"
      Then the hub receives the message "back"
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ENSURE-01
  Rule: Desired properties that changed while the client was away are told of each time

    @fault:tcp @fault:mqtt
    Scenario Outline: They change three times while the <identity> is away
      Given a connected <identity> client
      And the application listens for desired properties
      When 3 times the desired properties change while the connection is lost
      Then the application is told of desired properties 3 times
      And the application is told of desired properties with:
        | patch.number | 3 |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-01
  Rule: Method requests are told of before and after each lost connection

    @fault:tcp @needs:connection.retry
    Scenario Outline: A method of the <identity> is called around each loss
      Given a connected <identity> client
      And the application answers methods with status 200
      When the back end calls the method "first"
      And the connection is cut 2 times, and 1 second passes each time
      And the back end calls the method "second"
      Then the application is told of method requests 2 times
      And the caller of "second" gets the status 200 and:
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

  @BOTH-KEEP-02
  Rule: A silent client pings every interval

    Scenario Outline: Four intervals of the <identity>
      Given a connected <identity> client with:
        | keepAlive | 30 |
      When 125 seconds pass
      Then the hub has seen 4 PINGREQ packets
      And it is connected
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
