@sut:client
Feature: Reports that cannot be made
  The client is responsible for telling an application why the outcome of its upload was not taken, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-notify-blob-upload-status

  Background:
    Given a device client
    And it asks where to upload a blob
    And its "correlationId" is kept as "correlationId"

  @DEV-NOTIFY-06
  Rule: Refused credentials are a CredentialError

    @fault:http
    Scenario Outline: The hub refuses with <status>
      Given the hub is going to answer a request with status <status>
      When it reports an upload
      Then the call fails with CredentialError

      @identity:device
      Examples: device
        | identity | status |
        | device   | 401    |
        | device   | 403    |

  @DEV-NOTIFY-07
  Rule: A connection that cannot be established is a ConnectionFailedError

    @identity:device @fault:http
    Scenario: The hub takes no HTTPS connection
      Given the hub is going to refuse HTTPS connections
      When it reports an upload
      Then the call fails with ConnectionFailedError

  @DEV-NOTIFY-08
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @identity:device @fault:http
    Scenario: The hub closes instead of answering
      Given the hub is going to close instead of answering a request
      When it reports an upload
      Then the call fails with ConnectionDroppedError

  @DEV-NOTIFY-09 @clock
  Rule: An answer that does not come within 10 seconds is an OperationTimeout

    @identity:device @fault:http
    Scenario: The hub answers after a minute
      Given the hub is going to answer a request 60 seconds late
      When it reports an upload
      Then the call fails with OperationTimeout after 10 seconds

  @DEV-NOTIFY-10
  Rule: An unexpected status is a ClientError with the status as its cause

    @fault:http
    Scenario Outline: The hub answers <status>
      Given the hub is going to answer a request with status <status>
      When it reports an upload
      Then the call fails with ClientError
      And its cause is the status <status>

      @identity:device
      Examples: device
        | identity | status |
        | device   | 400    |
        | device   | 404    |
        | device   | 429    |
        | device   | 500    |

    @identity:device @fault:http
    Scenario: The hub answers with something that is not JSON
      Given the hub is going to answer a request with something that is not JSON
      When it reports an upload
      Then the call fails with ClientError
