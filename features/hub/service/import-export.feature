@sut:hub @wire
Feature: Import and export
  The hub is responsible for an export having all of each identity, and for an import making it again.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-bulk-identity-mgmt

  Background:
    Given a registered identity "camera"
    And a registered identity "lamp"
    And "camera" gives jobs the container of its uploads

  @WIRE-JOB-05 @WIRE-JOB-10
  Rule: A job is shown with what is known of it

    @hub:alone
    Scenario: An export, from its creation to its end
      When the service requests POST "/jobs/create" with:
        | body type                   | export           |
        | body outputBlobContainerUri | {container}      |
        | body outputBlobName         | {camera}/out.txt |
        | body status                 | completed        |
      Then the answer is 200
      And the answer has:
        | jobId                       | /./              |
        | type                        | export           |
        | status                      | enqueued         |
        | progress                    | 0                |
        | outputBlobName              | {camera}/out.txt |
        | endTimeUtc                  | absent           |
        | useSecondaryStorageAsSource | false            |
      When the job of the answer ends
      Then the answer has:
        | type          | export           |
        | status        | completed        |
        | progress      | 100              |
        | endTimeUtc    | /^\d{4}-\d\d-\d\dT/ |
        | failureReason | absent           |
      When the service requests GET "/jobs/v2/{answer.jobId}"
      Then the answer is 200
      And the answer has:
        | status | unknown |

    @hub:alone
    Scenario: The input of an import is in the first answer alone
      When "camera" writes the file "in.txt" with the lines:
        """
        {"id":"{lamp}","importMode":"update","status":"disabled"}
        """
      And the service requests POST "/jobs/create" with:
        | body type                   | import          |
        | body inputBlobContainerUri  | {container}     |
        | body inputBlobName          | {camera}/in.txt |
        | body outputBlobContainerUri | {container}     |
      Then the answer has:
        | inputBlobContainerUri | {container} |
      When the job of the answer ends
      Then the answer has:
        | status                | completed   |
        | inputBlobContainerUri | absent      |
        | outputBlobContainerUri | {container} |
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | status | disabled |

    @hub:alone
    Scenario: A file that is not there
      When the service requests POST "/jobs/create" with:
        | body type                   | import               |
        | body inputBlobContainerUri  | {container}          |
        | body inputBlobName          | {camera}/missing.txt |
        | body outputBlobContainerUri | {container}          |
      And the job of the answer ends
      Then the answer has:
        | status        | failed |
        | failureReason | /./    |

  @WIRE-JOB-06
  Rule: An export has whole twins, and an import takes them back

    @hub:alone
    Scenario: The lines of a device and its module
      Given a registered identity "lamp/bulb"
      And "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"site":"north"},"properties":{"desired":{"on":true}}} |
      And "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"hours":7}                                    |
      And "lamp" receives PUBLISH
      And the registry is exported to "out.txt" of "camera"
      Then the line of "lamp" in the file "out.txt" of "camera" has:
        | eTag                                     | present                 |
        | status                                   | enabled                 |
        | authentication.symmetricKey.primaryKey   | {lamp.key}              |
        | twinETag                                 | present                 |
        | tags.site                                | north                   |
        | properties.desired.on                    | true                    |
        | properties.desired.$version              | 2                       |
        | properties.desired.$metadata.on          | present                 |
        | properties.reported.hours                | 7                       |
        | properties.reported.$version             | 2                       |
        | capabilities.iotEdge                     | false                   |
      And the line of "lamp/bulb" in the file "out.txt" of "camera" has:
        | moduleId | bulb |

    @hub:alone
    Scenario: An import over a device that is there, reported properties included
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"hours":7,"old":1}                            |
      Then "lamp" receives PUBLISH
      When "camera" writes the file "in.txt" with the lines:
        """
        {"id":"{lamp}","importMode":"createOrUpdate","tags":{"site":"south"},"properties":{"desired":{"on":false},"reported":{"hours":9}}}
        """
      And the file "in.txt" of "camera" is imported
      And the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags                      | {"site":"south"} |
        | properties.desired.on     | false            |
        | properties.reported.hours | 9                |
        | properties.reported.old   | absent           |

    @hub:alone
    Scenario: An import of a device that is new, with its history
      When "camera" writes the file "in.txt" with the lines:
        """
        {"id":"{fan}","importMode":"create","properties":{"desired":{"on":true,"$metadata":{"$lastUpdated":"2020-01-01T00:00:00Z","on":{"$lastUpdated":"2020-01-01T00:00:00Z"}},"$version":9},"reported":{"hours":7}}}
        """
      And the file "in.txt" of "camera" is imported
      And the service requests GET "/twins/{fan}"
      Then the answer is 200
      And the answer has:
        | properties.desired.on                        | true        |
        | properties.desired.$version                  | 9           |
        | properties.desired.$metadata.on.$lastUpdated | /^2020-01-01/ |
        | properties.reported.hours                    | 7           |

    @hub:alone
    Scenario: Keys that are left out
      When the registry is exported to "out.txt" of "camera" without keys
      Then the line of "lamp" in the file "out.txt" of "camera" has:
        | authentication | null |

  @WIRE-JOB-06 @WIRE-JOB-08
  Rule: A line that fails leaves the others

    @hub:alone
    Scenario: The second of three
      When "camera" writes the file "in.txt" with the lines:
        """
        {"id":"{fan}","importMode":"create"}
        {"id":"{lamp}","importMode":"create"}
        {"id":"{heater}","importMode":"create"}
        """
      And the file "in.txt" of "camera" is imported
      And the service requests GET "/devices/{fan}"
      Then the answer is 200
      When the service requests GET "/devices/{heater}"
      Then the answer is 200

  @WIRE-JOB-07
  Rule: Configurations are written and read when that is asked for

    @hub:alone
    Scenario: There and back
      When the service requests PUT "/configurations/{config}" with:
        | body id       | {config}                                                   |
        | body content  | {"deviceContent":{"properties.desired.light":{"on":true}}} |
        | body priority | 10                                                         |
      And the registry is exported to "out.txt" of "camera" with configurations in "configurations.txt"
      Then the line of "config" in the file "configurations.txt" of "camera" has:
        | priority | 10 |
      When "camera" writes the file "in.txt" with the lines:
        """
        {"id":"{lamp}","importMode":"update"}
        """
      And "camera" writes the file "configurations.txt" with the lines:
        """
        {"id":"{config}","importMode":"createOrUpdateIfMatchETag","content":{"deviceContent":{"properties.desired.light":{"on":true}}},"priority":20}
        """
      And the file "in.txt" of "camera" is imported with configurations in "configurations.txt"
      And the service requests GET "/configurations/{config}"
      Then the answer has:
        | priority | 20 |
