@sut:client @clock
Feature: As good as new
  The client is responsible for doing everything that it can do, whatever came before: it sends, reads and reports its twin,
  is called, and hears of what is for it, each once.

  @BOTH-SEND-01 @BOTH-TWIN-01 @BOTH-PATCH-01 @BOTH-ONMETH-01 @BOTH-ONPATCH-01
  Rule: From its creation on, however it was made

    @needs:connection.auto-connect
    Scenario Outline: The <identity> from a connection string
      Given a <identity> client
      Then it works in every way
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> from a SAS token
      Given a connected <identity> client from a SAS token
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @needs:auth.x509
    Scenario Outline: The <identity> from a certificate
      Given a connected <identity> client from an X.509 certificate
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @option:websockets
    Scenario Outline: The <identity> over WebSockets
      Given a connected <identity> client with:
        | websockets | true |
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> with an unfriendly id
      Given ids of clients with "50%25"
      And a connected <identity> client
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-01 @BOTH-TWIN-01 @BOTH-PATCH-01 @BOTH-ONMETH-01 @BOTH-ONPATCH-01
  Rule: After a connection that was lost

    @fault:tcp @needs:connection.retry
    Scenario Outline: The <identity> loses it three times
      Given a connected <identity> client
      Then it works in every way
      When the connection is cut 3 times, and 1 second passes each time
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:tcp @fault:mqtt @needs:connection.retry @python-api
    Scenario Outline: The hub is away for two attempts of the <identity>, twice
      Given a connected <identity> client
      When the connection is cut 2 times, and the hub is unavailable for 2 attempts each time
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:tcp @fault:mqtt @needs:connection.retry
    Scenario Outline: With messages of the <identity> under way
      Given a connected <identity> client
      And the next 3 times the hub is going to withhold an acknowledgement
      When it sends 3 messages at once
      And the connection is cut
      And 1 second passes
      Then all calls succeed
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt @needs:connection.retry
    Scenario Outline: The hub closes instead of acknowledging what the <identity> sends
      Given a connected <identity> client
      And the hub is going to close instead of acknowledging
      When it sends a message
      And 1 second passes
      Then the call succeeds
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-01 @BOTH-TWIN-01 @BOTH-PATCH-01 @BOTH-ONMETH-01 @BOTH-ONPATCH-01
  Rule: After an attempt that failed

    @fault:mqtt @needs:connection.auto-connect @python-api
    Scenario Outline: The hub does not let the <identity> in at first
      Given a <identity> client
      And the hub is going to be unavailable
      When it connects
      Then the call fails with ConnectionFailedError
      And it works in every way
      When 2 minutes pass
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt @needs:connection.auto-connect @python-api
    Scenario Outline: The hub refuses the <identity> at first
      Given a <identity> client
      And the hub is going to refuse the credentials
      When it connects
      Then the call fails with CredentialError
      And it works in every way
      When 2 minutes pass
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt @needs:connection.auto-connect @python-api
    Scenario Outline: The hub is silent to the <identity> at first
      Given a <identity> client
      And the hub is going to stay silent when asked to connect
      When it connects
      Then the call fails with OperationTimeout after 60 seconds
      And it works in every way
      When 2 minutes pass
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-01 @BOTH-TWIN-01 @BOTH-PATCH-01 @BOTH-ONMETH-01 @BOTH-ONPATCH-01
  Rule: After it has gone and come

    @needs:connection.auto-connect
    Scenario Outline: The <identity> disconnects twice
      Given a connected <identity> client
      Then it works in every way
      When it disconnects and this succeeds
      And it connects and this succeeds
      Then it works in every way
      When it disconnects and this succeeds
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @option:sastokenTtl
    Scenario Outline: The <identity> renews its token three times
      Given a connected <identity> client with:
        | sastokenTtl | 300 |
      Then it works in every way
      When 9 minutes pass
      Then the hub has seen 4 connection attempts
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> is given two tokens
      Given a connected <identity> client from a SAS token
      Then it works in every way
      When it updates its SAS token
      Then the call succeeds
      And it works in every way
      When it updates its SAS token
      Then the call succeeds
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: Nothing happens to the <identity> for three hours
      Given a connected <identity> client
      Then it works in every way
      When 3 hours pass
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-01 @BOTH-TWIN-01 @BOTH-PATCH-01 @BOTH-ONMETH-01 @BOTH-ONPATCH-01
  Rule: After a call that failed

    @needs:messages.conversion
    Scenario Outline: The <identity> sends a mapping
      Given a connected <identity> client
      When it sends a mapping
      Then the call fails with ClientError
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> sends too much
      Given a connected <identity> client
      When it sends a message of 262145 bytes
      Then the call fails with ValueError
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: A request of the <identity> for its twin is refused
      Given a connected <identity> client
      And the hub is going to answer a twin request with status 429
      When it asks for its twin
      Then the call fails with ClientError
      And it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt @python-api
    Scenario Outline: The hub does not answer the first subscription of the <identity>
      Given a connected <identity> client
      And the hub is going to withhold the answer to a subscription
      When it asks for its twin
      And 31 seconds pass
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-01 @BOTH-TWIN-01 @BOTH-PATCH-01 @BOTH-ONMETH-01 @BOTH-ONPATCH-01
  Rule: After something went wrong on the side of the application or of the service

    # A handler that takes the place of another is a matter of a language.
    @python-api
    Scenario Outline: A handler of the <identity> fails
      Given a connected <identity> client
      And the application fails at method requests
      And the application fails at desired properties
      When the back end calls the method "fail"
      And the back end changes the desired properties 2 times at once
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: A patch for the <identity> is not JSON
      Given a connected <identity> client
      And the application listens for desired properties
      And the hub is going to send a desired patch that is not JSON
      When the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> is beside another client of its device
      Given a connected module client
      And a connected device client
      And a connected <identity> client
      Then it works in every way

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
