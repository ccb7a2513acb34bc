@sut:client
Feature: Tokens, as observed
  The client is responsible for a valid token at every moment, and for no traffic beyond that.
  Source: the Python SDK 2.14.0, not its documentation.

  @SRC-11 @clock
  Rule: A token that is renewed while the client is disconnected makes no traffic, and is used next time

    Scenario Outline: The <identity> is disconnected when its token is renewed
      Given a connected <identity> client
      When it disconnects and this succeeds
      And 59 minutes pass
      Then the hub has seen 1 connection attempt
      When it connects and this succeeds
      Then CONNECT holds:
        | token life | 3540 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-12 @clock
  Rule: A renewal that fails is tried again every interval, also when the credentials are refused

    @fault:mqtt
    Scenario Outline: The hub refuses the new token of the <identity> for a while
      Given a connected <identity> client
      And every time the hub is going to refuse the credentials
      When 59 minutes pass
      Then the last 4 connection attempts are 10 seconds apart
      When the hub behaves again
      And 10 seconds pass
      Then it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-13
  Rule: A token that is given to a disconnected client connects it

    Scenario Outline: The <identity> was never connected
      Given a <identity> client from a SAS token
      When it updates its SAS token
      Then the call succeeds
      And it is connected
      And CONNECT holds:
        | token life | 7200 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-14
  Rule: A token that could not be put in force is kept for the next connection

    @fault:mqtt
    Scenario Outline: The hub refuses the <identity> once
      Given a connected <identity> client from a SAS token
      And the hub is going to refuse the credentials
      When it updates its SAS token
      Then the call fails with CredentialError
      When it connects and this succeeds
      Then CONNECT holds:
        | token life | 7200 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-26 @clock
  Rule: A module of the Edge environment lets the workload API sign its new token

    @identity:module
    Scenario: The token is renewed
      Given a workload API that works
      And a connected module client from an Edge environment
      When 58 minutes pass
      Then the workload API has signed 2 tokens
      And the hub has seen 2 connection attempts
      And CONNECT holds:
        | token life | 3600 |
