@sut:client
Feature: Invoking methods
  The client is responsible for taking a module's method calls through the gateway to devices and other modules.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#azure-iot-device-iothubmoduleclient-invoke-method

  Background:
    Given a workload API that works
    And a module client from an Edge environment

  @MOD-INVOKE-01 @MOD-INVOKE-05
  Rule: Without a module id the method of the device is invoked, and its response received

    @identity:module
    Scenario: A device answers
      Given the application at "device#2" answers 201
      When it invokes a method of a device
      Then the call gives:
        | status  | 201          |
        | payload | {"unit":"C"} |
      And the hub has received the request "POST /twins/device%232/methods"

  @MOD-INVOKE-02
  Rule: With a module id the method of that module is invoked, and its response received

    @identity:module
    Scenario: A module answers
      Given the application at "device#2/module#2" answers 202
      When it invokes a method of a module
      Then the call gives:
        | status  | 202  |
        | payload | null |
      And the hub has received the request "POST /twins/device%232/modules/module%232/methods"

  @MOD-INVOKE-03
  Rule: Name, payload and both time-outs arrive as they were given

    @identity:module
    Scenario: All four
      Given the application at "device#2" answers 200
      When it invokes a method of a device
      Then the hub was asked to invokeMethod with:
        | call.methodName               | measure            |
        | call.payload                  | "{\"unit\":\"C\"}" |
        | call.responseTimeoutInSeconds | 20                 |
        | call.connectTimeoutInSeconds  | 5                  |

  @MOD-INVOKE-04
  Rule: The device id names the target, whatever characters it holds

    @identity:module
    Scenario: An id that paths must encode
      Given the application at "device#2" answers 200
      When it invokes a method of a device
      Then the hub was asked to invokeMethod with:
        | target.deviceId | device#2 |
        | target.moduleId | (none)   |

  @MOD-INVOKE-06
  Rule: The result holds a status and a payload

    @identity:module
    Scenario: A status that is no success
      Given the application at "device#2" answers 507
      When it invokes a method of a device
      Then the call gives:
        | status  | 507          |
        | payload | {"unit":"C"} |

  @MOD-INVOKE-07
  Rule: Refused credentials are a CredentialError

    @identity:module @fault:http
    Scenario: The gateway answers 401
      Given the hub is going to answer a request with status 401
      When it invokes a method of a device
      Then the call fails with CredentialError

  @MOD-INVOKE-08
  Rule: A connection that cannot be established is a ConnectionFailedError

    @identity:module @fault:http
    Scenario: The gateway takes no connection
      Given the hub is going to refuse HTTPS connections
      When it invokes a method of a device
      Then the call fails with ConnectionFailedError

  @MOD-INVOKE-09
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @identity:module @fault:http
    Scenario: The gateway closes instead of answering
      Given the hub is going to close instead of answering a request
      When it invokes a method of a device
      Then the call fails with ConnectionDroppedError

  @MOD-INVOKE-10 @clock
  Rule: A call that takes longer than its time-outs allow is an OperationTimeout

    @identity:module @fault:http
    Scenario: The gateway does not answer within connect and response time-out and 5 seconds
      Given the hub is going to answer a request 60 seconds late
      When it invokes a method of a device
      Then the call fails with OperationTimeout after 30 seconds

    @identity:module @fault:http
    Scenario: Without time-outs of its own a call may take 10 seconds
      Given the hub is going to answer a request 60 seconds late
      When it invokes a method of a module
      Then the call fails with OperationTimeout after 10 seconds

  @MOD-INVOKE-11
  Rule: An unexpected error is a ClientError

    @fault:http
    Scenario Outline: The gateway answers <status>
      Given the hub is going to answer a request with status <status>
      When it invokes a method of a device
      Then the call fails with ClientError
      And its cause is the status <status>

      @identity:module
      Examples: module
        | identity | status |
        | module   | 404    |
        | module   | 504    |

    @identity:module
    Scenario: A client that was not made from the Edge environment
      Given a connected module client
      When it invokes a method of a device
      Then the call fails with ClientError
      And it sends the message "still here"
      And the hub receives the message "still here"
