@sut:hub @wire
Feature: File uploads
  The hub is responsible for giving a device a place for a file, and for telling back ends of files that are there.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-file-upload

  Background:
    Given a registered identity "camera"

  @WIRE-FILE-07
  Rule: The end of an upload that is not open is refused

    Scenario: An id that no upload can have
      When "camera" requests POST "/devices/{camera}/files/notifications" with:
        | body | {"correlationId":"invalid-correlation-id","isSuccess":true,"statusCode":200,"statusDescription":""} |
      Then the answer is 400 IotHubFormatError

  @WIRE-FILE-12
  Rule: A success without a file is refused

    Scenario: Nothing was uploaded
      When "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"a.txt"} |
      Then the answer is 200
      When "camera" requests POST "/devices/{camera}/files/notifications" with:
        | body | {"correlationId":"{answer.correlationId}","isSuccess":true,"statusCode":200,"statusDescription":""} |
      Then the answer is 400 InvalidStorageEndpointOrBlob

  @WIRE-FILE-13
  Rule: The id of an upload grows with the name

    Scenario: A long name
      When "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"{x*200}"} |
      Then the answer has:
        | correlationId | /^[A-Za-z0-9+\/]{320,}={0,2}$/ |

  @WIRE-HTTP-15
  Rule: A segment of the path has at most 260 characters

    Scenario: The id of an upload with a long name
      When "camera" requests POST "/devices/{camera}/files" with:
        | body | {"blobName":"{x*200}"} |
      And "camera" requests POST "/devices/{camera}/files/notifications/{answer.correlationId}" with:
        | body | {"isSuccess":false,"statusCode":500,"statusDescription":""} |
      Then the answer is 400
      And the answer has:
        | header content-type | /^text\/html/                                  |
        | text                | /HTTP Error 400. The request URL is invalid./ |
