@sut:client
Feature: Places that cannot be had
  The client is responsible for telling an application why it does not learn where to put a file, in the documented terms.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-get-storage-info-for-blob

  Background:
    Given a device client

  @DEV-BLOB-05
  Rule: Refused credentials are a CredentialError

    @fault:http
    Scenario Outline: The hub refuses with <status>
      Given the hub is going to answer a request with status <status>
      When it asks where to upload a blob
      Then the call fails with CredentialError

      @identity:device
      Examples: device
        | identity | status |
        | device   | 401    |
        | device   | 403    |

  @DEV-BLOB-06
  Rule: A connection that cannot be established is a ConnectionFailedError

    @identity:device @fault:http
    Scenario: The hub takes no HTTPS connection
      Given the hub is going to refuse HTTPS connections
      When it asks where to upload a blob
      Then the call fails with ConnectionFailedError

  @DEV-BLOB-07
  Rule: A connection that is lost during the call is a ConnectionDroppedError

    @identity:device @fault:http
    Scenario: The hub closes instead of answering
      Given the hub is going to close instead of answering a request
      When it asks where to upload a blob
      Then the call fails with ConnectionDroppedError

  @DEV-BLOB-08 @clock
  Rule: An answer that does not come within 10 seconds is an OperationTimeout

    @identity:device @fault:http
    Scenario: The hub answers after a minute
      Given the hub is going to answer a request 60 seconds late
      When it asks where to upload a blob
      Then the call fails with OperationTimeout after 10 seconds

  @DEV-BLOB-09
  Rule: An unexpected status is a ClientError with the status as its cause

    @fault:http
    Scenario Outline: The hub answers <status>
      Given the hub is going to answer a request with status <status>
      When it asks where to upload a blob
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
      When it asks where to upload a blob
      Then the call fails with ClientError
