@sut:client
Feature: Connecting, as observed
  The client is responsible for one connection, whatever is asked of it while that connection comes and goes.
  Source: the Python SDK 2.14.0, not its documentation.

  @SRC-01
  Rule: A message sent while the client connects waits for the connection, without auto-connect too

    @fault:mqtt
    Scenario Outline: The <identity> sends before CONNACK
      Given a <identity> client with:
        | autoConnect | false |
      And the hub is going to accept 5 seconds late
      When it connects
      And it sends the message "early"
      Then the call succeeds after 5 seconds
      And the hub receives the message "early"

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-02
  Rule: Concurrent calls to connect make one connection

    @fault:mqtt
    Scenario Outline: The <identity> connects three times at once
      Given a <identity> client
      And the hub is going to accept 5 seconds late
      When it connects
      And it connects
      And it connects
      Then the call succeeds after 5 seconds
      And all calls succeed
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-03
  Rule: A client that connects again does not subscribe again, since the hub remembers

    @fault:tcp @needs:connection.retry
    Scenario Outline: The <identity> loses its connection and is called
      Given a connected <identity> client
      And the application answers methods with status 200
      When the connection is cut
      And 1 second passes
      And the back end calls the method "measure"
      Then the caller of "measure" gets the status 200 and:
        """
        {"answered": true}
        """
      And the hub has seen 1 SUBSCRIBE packet

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-09
  Rule: Trying again ends when the credentials are refused, and connecting by hand still works

    @fault:tcp @fault:mqtt
    Scenario Outline: The hub refuses the <identity> once
      Given a connected <identity> client
      And the hub is going to refuse the credentials
      When the connection is cut
      And 1 hour passes
      Then the hub has seen 2 connection attempts
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

  @SRC-10
  Rule: A message sent during the pause between two attempts connects at once

    @fault:tcp @fault:mqtt @needs:connection.retry
    Scenario Outline: The <identity> has failed to come back and sends
      Given a connected <identity> client
      And the hub is going to be unavailable
      When the connection is cut
      And 1 second passes
      And it sends the message "now"
      Then the call succeeds
      And the hub receives the message "now"

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-27 @clock
  Rule: A subscription that is not answered is asked for again after 30 seconds

    @fault:mqtt
    Scenario Outline: The hub does not answer the first SUBSCRIBE of the <identity>
      Given a connected <identity> client
      And the hub is going to withhold the answer to a subscription
      When it looks for a method request without waiting
      Then the call gives nothing after 30 seconds
      And the hub has seen 2 SUBSCRIBE packets

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-29 @clock
  Rule: A silent hub is given up after twice the keep-alive interval

    @fault:mqtt
    Scenario Outline: The hub does not answer the pings of the <identity>
      Given a connected <identity> client with:
        | keepAlive | 30 |
      And every time the hub is going to withhold the answer to a ping
      When 59 seconds pass
      Then it is connected
      When the application listens for background exceptions
      And 1 second passes
      Then the application is told of background exceptions with:
        | kind | connectionDropped |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-30
  Rule: Handlers of client events outlive a disconnect and end with the client

    Scenario Outline: The <identity> disconnects and connects
      Given a connected <identity> client
      And the application listens for connection changes
      When it disconnects and this succeeds
      And it connects and this succeeds
      Then the application is told of connection changes 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> shuts down
      Given a connected <identity> client from a SAS token
      And the application listens for connection changes
      And the application listens for the need for a new token
      When it shuts down and this succeeds
      And 2 hours pass
      Then the application is told of connection changes 1 time
      And the application is told of the need for a new token 0 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
