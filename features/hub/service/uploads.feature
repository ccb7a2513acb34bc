@sut:hub @wire
Feature: Uploads and what back ends hear of them
  The hub is responsible for a place to upload to, for ten uploads at a time, and for telling back ends of each file once.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-file-upload

  Background:
    Given a registered identity "camera"

  @WIRE-FILE-01 @WIRE-FILE-03
  Rule: A place to upload to has five parts

    Scenario Outline: <path>
      When "camera" requests POST "/devices/{camera}/<path>" with:
        | body | {"blobName":"logs/day 1.txt"} |
      Then the answer is 200
      And the answer has:
        | correlationId | present                 |
        | hostName      | present                 |
        | containerName | present                 |
        | blobName      | {camera}/logs/day 1.txt |
        | sasToken      | /^\?.*sig=/             |

      Examples:
        | path   |
        | files  |
        | files/ |

  @WIRE-FILE-04 @WIRE-FILE-05 @WIRE-FILE-11 @WIRE-FILE-15
  Rule: A file that was uploaded is told of

    @hub:alone
    Scenario: By the device, to the back end
      When "camera" uploads "21 degrees" as "a.txt" with status 200
      Then the answer is 204
      When the service requests GET "/messages/serviceBound/filenotifications"
      Then the answer is 200
      And the answer has:
        | deviceId        | {camera}                                     |
        | blobName        | {camera}/a.txt                               |
        | blobUri         | /{camera}\/a.txt$/                           |
        | blobSizeInBytes | 10                                           |
        | lastUpdatedTime | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/    |
        | enqueuedTimeUtc | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/            |

    @hub:alone
    Scenario: Once, when the back end has completed it
      When "camera" uploads "21 degrees" as "a.txt" with status 200
      And the service requests GET "/messages/serviceBound/filenotifications"
      And the service requests DELETE "/messages/serviceBound/filenotifications/{header.etag}"
      Then the answer is 204
      When the service requests GET "/messages/serviceBound/filenotifications"
      Then the answer is 204

  @WIRE-FILE-06
  Rule: The id may stand in the path

    Scenario: A failure
      When "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"a.txt"} |
      And "camera" requests POST "/devices/{camera}/files/notifications/{answer.correlationId|encoded}" with:
        | body | {"isSuccess":false,"statusCode":500,"statusDescription":"broken"} |
      Then the answer is 204

    @hub:alone @WIRE-FILE-11
    Scenario: A failure is not told of
      When "camera" uploads "21 degrees" as "a.txt" with status 500
      And the service requests GET "/messages/serviceBound/filenotifications"
      Then the answer is 204

  @WIRE-FILE-07
  Rule: An upload ends once

    Scenario: The id is used again
      When "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"a.txt"} |
      And "camera" ends the upload as failed
      Then the answer is 204
      When "camera" ends the upload as failed
      Then the answer is 400

    Scenario: The id of another device
      Given a registered identity "stranger"
      When "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"a.txt"} |
      And "stranger" requests POST "/devices/{stranger}/files/notifications" with:
        | body | {"correlationId":"{answer.correlationId}","isSuccess":false,"statusCode":500,"statusDescription":""} |
      Then the answer is 400

    Scenario: An id of nobody
      When "camera" requests POST "/devices/{camera}/files/notifications" with:
        | body | {"correlationId":"nothing","isSuccess":false,"statusCode":500,"statusDescription":""} |
      Then the answer is 400

  @WIRE-FILE-09 @WIRE-FILE-10
  Rule: Ten uploads are open at a time, each for as long as its SAS lives

    Scenario: The eleventh, and one after another has ended
      When "camera" begins 10 uploads
      And "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"eleventh.txt"} |
      Then the answer is 403 DeviceMaximumActiveFileUploadLimitExceeded
      When "camera" ends the upload as failed
      And "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"eleventh.txt"} |
      Then the answer is 200

    @clock
    Scenario: After an hour
      When "camera" begins 10 uploads
      And 3540 seconds pass at the hub
      And "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"eleventh.txt"} |
      Then the answer is 403 DeviceMaximumActiveFileUploadLimitExceeded
      When 61 seconds pass at the hub
      And "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"eleventh.txt"} |
      Then the answer is 200

  @WIRE-FILE-14
  Rule: A file with an empty content type is taken

    Scenario: A client that sends the header without a value
      When "camera" uploads "21 degrees" as "a.txt" with status 200 and no content type
      Then the answer is 204
