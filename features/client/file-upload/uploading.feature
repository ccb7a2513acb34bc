@sut:client
Feature: Uploading files
  The client is responsible for asking the hub where a device may put a file, and for telling it how the upload went.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-get-storage-info-for-blob

  @DEV-BLOB-01
  Rule: The client posts the blob's name to the hub's file endpoint

    @identity:device
    Scenario: The request
      Given a device client
      When it asks where to upload a blob
      Then the call succeeds
      And the hub has received the request "POST /devices/{device}/files"
      And the hub was asked to uploadStart with:
        | blobName | logs/day 1.txt |

  @DEV-BLOB-02
  Rule: The result is what the hub says of its storage account

    @identity:device
    Scenario: The result is good for an upload
      Given a device client
      When it asks where to upload a blob
      Then the blob "temperatures" is uploaded to the location from the hub

  @DEV-BLOB-03
  Rule: The name that was asked for is the name of the upload

    @identity:device
    Scenario: A name with a slash and a blank
      Given a device client
      When it asks where to upload a blob
      Then the call gives:
        | blobName | {device}/logs/day 1.txt |

  @DEV-BLOB-04
  Rule: The result has correlation id, host, container, blob name and SAS token

    @identity:device
    Scenario: All five
      Given a device client
      When it asks where to upload a blob
      Then the call gives:
        | correlationId | (text) |
        | hostName      | (text) |
        | containerName | (text) |
        | blobName      | (text) |
        | sasToken      | (text) |

  @DEV-NOTIFY-01
  Rule: The client posts the outcome to the hub's notification endpoint

    @identity:device
    Scenario: The request
      Given a device client
      And it asks where to upload a blob
      And its "correlationId" is kept as "correlationId"
      And the blob "temperatures" is uploaded to the location from the hub
      When it reports an upload
      Then the call succeeds
      And the hub has received the request "POST /devices/{device}/files/notifications"

  @DEV-NOTIFY-02
  Rule: A reported success lets the hub notify those who listen

    @identity:device
    Scenario: The blob is there
      Given a device client
      When it asks where to upload a blob
      And its "correlationId" is kept as "correlationId"
      And the blob "temperatures" is uploaded to the location from the hub
      And it reports an upload
      Then a file notification waits for "{device}/logs/day 1.txt"

  @DEV-NOTIFY-03
  Rule: Correlation id, success flag, status code and description arrive as they were given

    @identity:device
    Scenario: A success
      Given a device client
      And it asks where to upload a blob
      And its "correlationId" is kept as "correlationId"
      And the blob "temperatures" is uploaded to the location from the hub
      When it reports an upload
      Then the hub was asked to uploadFinish with:
        | correlationId     | {correlationId} |
        | isSuccess         | true            |
        | statusCode        | 201             |
        | statusDescription | Created         |

  @DEV-NOTIFY-04
  Rule: The status code is the number that the storage gave

    @identity:device
    Scenario: A failure
      Given a device client
      And it asks where to upload a blob
      And its "correlationId" is kept as "correlationId"
      When it reports an upload that was forbidden
      Then the hub was asked to uploadFinish with:
        | isSuccess         | false     |
        | statusCode        | 403       |
        | statusDescription | Forbidden |

  @DEV-NOTIFY-05
  Rule: The call returns nothing when the hub has taken the report

    @identity:device @fault:http
    Scenario: The hub takes its time
      Given a device client
      And it asks where to upload a blob
      And its "correlationId" is kept as "correlationId"
      And the blob "temperatures" is uploaded to the location from the hub
      And the hub is going to answer a request 5 seconds late
      When it reports an upload
      Then the call gives nothing after 5 seconds
