@sut:client
Feature: Input messages that cannot be received
  The client is responsible for telling an application why it cannot receive from an input, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#azure-iot-device-iothubmoduleclient-receive-message-on-input

  @MOD-IN-07
  Rule: Refused credentials are a CredentialError

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub refuses the module that connects in order to receive
      Given a module client
      And the hub is going to refuse the credentials
      When it receives an input message
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt
      And it is not connected

  @MOD-IN-08
  Rule: A connection that cannot be established is a ConnectionFailedError

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub is unavailable when the module connects in order to receive
      Given a module client
      And the hub is going to be unavailable
      When it receives an input message
      Then the call fails with ConnectionFailedError
      And the hub has seen 1 connection attempt
      And it is not connected

  @MOD-IN-09
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub closes while the module connects in order to receive
      Given a module client
      And the hub is going to close instead of accepting
      When it receives an input message
      Then the call fails with ConnectionDroppedError
      And the hub has seen 1 connection attempt
      And it is not connected

  @MOD-IN-10 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @identity:module @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub does not answer the CONNECT of the module for 60 seconds
      Given a module client
      And the hub is going to stay silent when asked to connect
      When it receives an input message
      Then the call fails with OperationTimeout after 60 seconds
      And it is not connected

  @MOD-IN-11
  Rule: A receive call after a receive handler was set is a ClientError

    @identity:module
    Scenario: The application has a handler for messages
      Given a connected module client
      And the application listens for messages
      When it receives an input message
      Then the call fails with ClientError
      And it is connected

    @identity:module
    Scenario: The application has a handler for something else
      Given a connected module client
      And the application listens for method requests
      When it receives an input message
      Then the call fails with ClientError
      And it is connected
