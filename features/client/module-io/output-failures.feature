@sut:client
Feature: Output messages that cannot be sent
  The client is responsible for telling an application why its message to an output did not arrive, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#azure-iot-device-iothubmoduleclient-send-message-to-output

  @MOD-OUT-07
  Rule: Refused credentials are a CredentialError

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub refuses the module that connects in order to send
      Given a module client
      And the hub is going to refuse the credentials
      When it sends a message to an output
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt
      And it is not connected

  @MOD-OUT-08
  Rule: A connection that cannot be established is a ConnectionFailedError

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub is unavailable when the module connects in order to send
      Given a module client
      And the hub is going to be unavailable
      When it sends a message to an output
      Then the call fails with ConnectionFailedError
      And the hub has seen 1 connection attempt
      And it is not connected

  @MOD-OUT-09
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub closes while the module connects in order to send
      Given a module client
      And the hub is going to close instead of accepting
      When it sends a message to an output
      Then the call fails with ConnectionDroppedError
      And the hub has seen 1 connection attempt
      And it is not connected

    @identity:module @fault:mqtt
    Scenario: The hub closes instead of acknowledging, and the client does not retry
      Given a connected module client with:
        | connectionRetry | false |
      And the hub is going to close instead of acknowledging
      When it sends a message to an output
      Then the call fails with ConnectionDroppedError
      And it is not connected

  @MOD-OUT-10 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub does not answer the CONNECT of the module for 60 seconds
      Given a module client
      And the hub is going to stay silent when asked to connect
      When it sends a message to an output
      Then the call fails with OperationTimeout after 60 seconds
      And it is not connected

  @MOD-OUT-11
  Rule: Without a connection and without auto-connect there is a NoConnectionError, and nothing is sent later

    @identity:module
    Scenario: The module tries to send before it has connected
      Given a module client with:
        | autoConnect | false |
      When it sends a message to an output
      Then the call fails with NoConnectionError
      And it connects and this succeeds
      And the hub has stored 0 messages

  @MOD-OUT-12
  Rule: An unexpected error is a ClientError

    @identity:module @needs:messages.conversion
    Scenario: The payload is of a type that cannot be sent
      Given a connected module client
      When it sends a mapping to an output
      Then the call fails with ClientError
      And the hub has stored 0 messages
      And it is connected

  @MOD-OUT-13
  Rule: A message of more than 256 KB is refused by the client with a ValueError

    @identity:module
    Scenario: One byte too many
      Given a connected module client
      When it sends too large a message to an output
      Then the call fails with ValueError
      And the hub has stored 0 messages
      And it is connected
