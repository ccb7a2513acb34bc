@sut:client
Feature: Messages that cannot be received
  The client is responsible for telling an application why it cannot receive messages, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-receive-message

  @DEV-RMSG-06
  Rule: Refused credentials are a CredentialError

    @identity:device @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub refuses the device that connects in order to receive
      Given a device client
      And the hub is going to refuse the credentials
      When it receives a message
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt
      And it is not connected

  @DEV-RMSG-07
  Rule: A connection that cannot be established is a ConnectionFailedError

    @identity:device @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub is unavailable when the device connects in order to receive
      Given a device client
      And the hub is going to be unavailable
      When it receives a message
      Then the call fails with ConnectionFailedError
      And the hub has seen 1 connection attempt
      And it is not connected

  @DEV-RMSG-08
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @identity:device @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub closes while the device connects in order to receive
      Given a device client
      And the hub is going to close instead of accepting
      When it receives a message
      Then the call fails with ConnectionDroppedError
      And the hub has seen 1 connection attempt
      And it is not connected

  @DEV-RMSG-09 @clock
  Rule: A connection attempt that times out is an OperationTimeout

    @identity:device @fault:mqtt @needs:connection.auto-connect
    Scenario: The hub does not answer the CONNECT of the device for 60 seconds
      Given a device client
      And the hub is going to stay silent when asked to connect
      When it receives a message
      Then the call fails with OperationTimeout after 60 seconds
      And it is not connected

  @DEV-RMSG-10
  Rule: A receive call after a receive handler was set is a ClientError

    @identity:device
    Scenario: The application has a handler for messages
      Given a connected device client
      And the application listens for messages
      When it receives a message
      Then the call fails with ClientError
      And it is connected

    @identity:device
    Scenario: The application has a handler for something else
      Given a connected device client
      And the application listens for method requests
      When it receives a message
      Then the call fails with ClientError
      And it is connected
