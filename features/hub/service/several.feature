@sut:hub @wire
Feature: Several at once, one of which fails
  The hub is responsible for a failure being that of its own part, and for saying of each part how it went.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-jobs

  Background:
    Given a registered identity "lamp"
    And a registered identity "fan"

  @WIRE-JOB-01
  Rule: A device that cannot be reached does not end the job of the others

    @hub:alone
    Scenario: One of two devices is away
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/methods/POST/#"
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId                     | {job}                                                              |
        | body type                      | scheduleDeviceMethod                                               |
        | body queryCondition            | deviceId IN ['{fan}', '{lamp}']                                    |
        | body cloudToDeviceMethod       | {"methodName":"dim","payload":3,"responseTimeoutInSeconds":30}     |
        | body startTime                 | {utc}                                                              |
        | body maxExecutionTimeInSeconds | 60                                                                 |
      And 1 second passes at the hub
      Then "lamp" receives PUBLISH with:
        | payload | 3 |
      When "lamp" answers the method with:
        | status  | 202 |
        | payload | 4   |
      And "lamp" is still online
      And 5 seconds pass at the hub
      And the service requests GET "/jobs/v2/{job}"
      Then the answer has:
        | status                             | completed |
        | deviceJobStatistics.deviceCount    | 2         |
        | deviceJobStatistics.succeededCount | 1         |
        | deviceJobStatistics.failedCount    | 1         |
        | deviceJobStatistics.runningCount   | 0         |
        | deviceJobStatistics.pendingCount   | 0         |

    @hub:alone
    Scenario: The row of a device that is away
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId                     | {job}                                                          |
        | body type                      | scheduleDeviceMethod                                           |
        | body queryCondition            | deviceId = '{fan}'                                             |
        | body cloudToDeviceMethod       | {"methodName":"dim","payload":3,"responseTimeoutInSeconds":30} |
        | body startTime                 | {utc}                                                          |
        | body maxExecutionTimeInSeconds | 60                                                             |
      And 30 seconds pass at the hub
      And the service queries "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job}'"
      Then the answer has:
        | length     | 1       |
        | 0.deviceId | {fan}   |
        | 0.status   | failed  |
        | 0.error    | present |
        | 0.outcome  | absent  |

    @hub:alone
    Scenario: More devices than are called at a time
      Given 12 registered identities "bulb"
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId                     | {job}                                                          |
        | body type                      | scheduleDeviceMethod                                           |
        | body queryCondition            | STARTSWITH(deviceId, 'bulb')                                   |
        | body cloudToDeviceMethod       | {"methodName":"dim","payload":3,"responseTimeoutInSeconds":30} |
        | body startTime                 | {utc}                                                          |
        | body maxExecutionTimeInSeconds | 60                                                             |
      Then the answer is 200
      When 30 seconds pass at the hub
      And the service requests GET "/jobs/v2/{job}"
      Then the answer has:
        | status                          | completed |
        | deviceJobStatistics.deviceCount | 12        |
        | deviceJobStatistics.failedCount | 12        |

    @hub:alone
    Scenario: A job that takes too long fails, and nothing of it happens later
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/methods/POST/#"
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId                     | {job}                                                           |
        | body type                      | scheduleDeviceMethod                                            |
        | body queryCondition            | deviceId = '{lamp}'                                             |
        | body cloudToDeviceMethod       | {"methodName":"dim","payload":3,"responseTimeoutInSeconds":300} |
        | body startTime                 | {utc}                                                           |
        | body maxExecutionTimeInSeconds | 10                                                              |
      And 1 second passes at the hub
      Then "lamp" receives PUBLISH
      When 11 seconds pass at the hub
      And "lamp" answers the method with:
        | status | 200 |
      And "lamp" is still online
      And the service requests GET "/jobs/v2/{job}"
      Then the answer has:
        | status                             | failed  |
        | endTime                            | present |
        | deviceJobStatistics.succeededCount | 0       |

    @hub:alone
    Scenario: The modules of a device
      Given a registered identity "lamp/bulb"
      And a registered identity "lamp/switch"
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId                     | {job}                                                             |
        | body type                      | scheduleUpdateTwin                                                |
        | body queryCondition            | FROM devices.modules WHERE deviceId = '{lamp}' AND moduleId = 'bulb' |
        | body updateTwin                | {"etag":"*","properties":{"desired":{"on":true}}}                 |
        | body startTime                 | {utc}                                                             |
        | body maxExecutionTimeInSeconds | 60                                                                |
      And 30 seconds pass at the hub
      And the service requests GET "/twins/{lamp}/modules/bulb"
      Then the answer has:
        | properties.desired.on | true |
      When the service requests GET "/twins/{lamp}/modules/switch"
      Then the answer has:
        | properties.desired.on | absent |
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | properties.desired.on | absent |

  @WIRE-JOB-01 @WIRE-JOB-02
  Rule: A job is done in its time, not before

    @hub:alone
    Scenario: In ten minutes
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId                     | {job}                       |
        | body type                      | scheduleUpdateTwin          |
        | body queryCondition            | deviceId = '{lamp}'         |
        | body updateTwin                | {"etag":"*","tags":{"a":1}} |
        | body startTime                 | {utc+600}                   |
        | body maxExecutionTimeInSeconds | 60                          |
      And 590 seconds pass at the hub
      And the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags | absent |
      When 30 seconds pass at the hub
      And the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags.a | 1 |

  @WIRE-CFG-03
  Rule: Each query that cannot be read is named

    Scenario: Two of three
      When the service requests POST "/configurations/testQueries" with:
        | body | {"targetCondition":"tags.a = 1","customMetricQueries":{"first":"SELECT deviceId FROM nowhere","second":"SELECT deviceId FROM devices","third":"SELECT"}} |
      Then the answer is 200
      And the answer has:
        | targetConditionError           | empty  |
        | customMetricQueryErrors.first  | /./    |
        | customMetricQueryErrors.second | absent |
        | customMetricQueryErrors.third  | /./    |

  @WIRE-REG-11
  Rule: Each entry of a bulk request that fails is named, and the others are made

    Scenario: The first and the third of four
      When the service requests POST "/devices" with:
        | body | [{"id":"{lamp}","importMode":"create"},{"id":"{heater}","importMode":"create"},{"id":"{lamp}-unknown","importMode":"delete"},{"id":"{fan}","importMode":"update","status":"disabled"}] |
      Then the answer is 400
      And the answer has:
        | isSuccessful      | false          |
        | errors.length     | 2              |
        | errors.0.deviceId | {lamp}         |
        | errors.1.deviceId | {lamp}-unknown |
      When the service requests GET "/devices/{heater}"
      Then the answer is 200
      When the service requests GET "/devices/{fan}"
      Then the answer has:
        | status | disabled |

  @DPS-ENR-13
  Rule: Each enrollment of a bulk request that fails is named, and the others are made

    Scenario: The first of three
      Given an enrollment "thermostat"
      When a back end asks the provisioning service POST "/enrollments" with:
        | body | {"mode":"create","enrollments":[{"registrationId":"{thermostat}","attestation":{"type":"symmetricKey"}},{"registrationId":"{pump}","attestation":{"type":"symmetricKey"}},{"registrationId":"{valve}","attestation":{"type":"symmetricKey"}}]} |
      Then the answer has:
        | isSuccessful            | false        |
        | errors.length           | 1            |
        | errors.0.registrationId | {thermostat} |
      When a back end asks the provisioning service GET "/enrollments/{pump}"
      Then the answer is 200
      When a back end asks the provisioning service GET "/enrollments/{valve}"
      Then the answer is 200
