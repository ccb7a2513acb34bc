@sut:client
Feature: Messages that wait for an acknowledgement, as observed
  The client is responsible for what it has taken on until the hub has it, or the application takes it back.
  Source: the Python SDK 2.14.0, not its documentation.

  @SRC-04
  Rule: A message that was not acknowledged is sent again as a duplicate after the connection was lost, and the call succeeds

    @fault:tcp @fault:mqtt @needs:connection.retry
    Scenario Outline: The <identity> loses its connection before PUBACK
      Given a connected <identity> client
      And the hub is going to withhold an acknowledgement
      When it sends a message
      And the connection is cut
      And 1 second passes
      Then the call succeeds
      And the last PUBLISH repeats the one before, as a duplicate

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-05
  Rule: Disconnecting cancels what waits for an acknowledgement

    @fault:mqtt
    Scenario Outline: The <identity> disconnects before PUBACK
      Given a connected <identity> client
      And the hub is going to withhold an acknowledgement
      When it sends a message
      And it disconnects and this succeeds
      Then the call before fails with OperationCancelled
      And it connects and this succeeds
      And the hub has seen 1 PUBLISH packet

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-15 @clock
  Rule: Messages that wait for an acknowledgement are kept when the token is renewed

    @fault:mqtt
    Scenario Outline: The token of the <identity> is renewed before PUBACK
      Given a connected <identity> client
      And the hub is going to withhold an acknowledgement
      When it sends a message
      And 58 minutes pass
      Then the call succeeds
      And the hub has seen 2 connection attempts
      And the last PUBLISH repeats the one before, as a duplicate

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-28 @clock
  Rule: At most 20 messages wait for their acknowledgement, and the others for their turn

    @fault:mqtt
    Scenario Outline: The <identity> sends 25 messages
      Given a connected <identity> client
      And every time the hub is going to acknowledge 5 seconds late
      When it sends 25 messages at once
      Then the hub has seen 20 PUBLISH packets
      When 5 seconds pass
      Then the hub has seen 25 PUBLISH packets
      And the call succeeds after 10 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
