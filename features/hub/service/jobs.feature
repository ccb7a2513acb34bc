@sut:hub @wire
Feature: Jobs
  The hub is responsible for a job reaching each of its devices once, and for saying how it went.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-jobs

  Background:
    Given a registered identity "lamp"
    And a registered identity "fan"

  @WIRE-JOB-01 @WIRE-QRY-22
  Rule: A job to update twins updates those of its condition

    @hub:alone
    Scenario: One of two devices
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleUpdateTwin                                           |
        | body queryCondition    | deviceId = '{lamp}'                                          |
        | body updateTwin        | {"etag":"*","properties":{"desired":{"on":true}},"tags":{"a":1}} |
        | body startTime         | {utc}                                                        |
        | body maxExecutionTimeInSeconds | 60                                                   |
      Then the answer is 200
      And the answer has:
        | jobId  | {job}              |
        | type   | scheduleUpdateTwin |
        | status | queued             |
      When 30 seconds pass at the hub
      And the service requests GET "/jobs/v2/{job}"
      Then the answer has:
        | status | completed |
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | properties.desired.on | true |
        | tags.a                | 1    |
      When the service requests GET "/twins/{fan}"
      Then the answer has:
        | properties.desired.on | absent |

    @hub:alone
    Scenario: Its row
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleUpdateTwin                                           |
        | body queryCondition    | deviceId = '{lamp}'                                          |
        | body updateTwin        | {"etag":"*","tags":{"a":1}}                                  |
        | body startTime         | {utc}                                                        |
        | body maxExecutionTimeInSeconds | 60                                                   |
      And 30 seconds pass at the hub
      And the service queries "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job}'"
      Then the answer has:
        | length                         | 1                  |
        | 0.deviceId                     | {lamp}             |
        | 0.jobType                      | scheduleUpdateTwin |
        | 0.status                       | completed          |
        | 0.outcome.deviceMethodResponse | null               |
        | header x-ms-item-type          | DeviceJob          |

  @WIRE-JOB-01
  Rule: A job to call a method calls it at each device of its condition

    @hub:alone
    Scenario: A device that answers
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/methods/POST/#"
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleDeviceMethod                                         |
        | body queryCondition    | deviceId = '{lamp}'                                          |
        | body cloudToDeviceMethod | {"methodName":"dim","payload":3,"responseTimeoutInSeconds":30} |
        | body startTime         | {utc}                                                        |
        | body maxExecutionTimeInSeconds | 60                                                   |
      And 1 second passes at the hub
      Then "lamp" receives PUBLISH with:
        | topic   | /^\$iothub\/methods\/POST\/dim\// |
        | payload | 3                                 |
      When "lamp" answers the method with:
        | status  | 202 |
        | payload | 4   |
      And "lamp" is still online
      And 5 seconds pass at the hub
      And the service queries "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job}'"
      Then the answer has:
        | 0.outcome.deviceMethodResponse.status  | 202 |
        | 0.outcome.deviceMethodResponse.payload | 4   |

  @WIRE-JOB-02
  Rule: A job that has not begun can be cancelled

    @hub:alone
    Scenario: It never happens
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleUpdateTwin                                           |
        | body queryCondition    | deviceId = '{lamp}'                                          |
        | body updateTwin        | {"etag":"*","tags":{"a":1}}                                  |
        | body startTime         | {utc+600}                                                    |
        | body maxExecutionTimeInSeconds | 60                                                   |
      And the service requests POST "/jobs/v2/{job}/cancel"
      Then the answer is 200
      When the service requests GET "/jobs/v2/{job}"
      Then the answer has:
        | status | cancelled |
      When 700 seconds pass at the hub
      And the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags | absent |

    @hub:alone
    Scenario: Jobs are found by their type and status
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleUpdateTwin                                           |
        | body queryCondition    | deviceId = '{lamp}'                                          |
        | body updateTwin        | {"etag":"*","tags":{"a":1}}                                  |
        | body startTime         | {utc}                                                        |
        | body maxExecutionTimeInSeconds | 60                                                   |
      And 30 seconds pass at the hub
      And the service requests GET "/jobs/v2/query?jobType=scheduleUpdateTwin&jobStatus=completed"
      Then the answer is 200
      And the answer has:
        | header x-ms-item-type | JobResponse |
        | 0.jobId               | {job}       |
      When the service requests GET "/jobs/v2/query?jobType=scheduleDeviceMethod&jobStatus=completed"
      Then the answer has:
        | length | 0 |

  @WIRE-JOB-03
  Rule: A patch of a job needs an etag of any

    Scenario: Without one
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleUpdateTwin                                           |
        | body queryCondition    | deviceId = '{lamp}'                                          |
        | body updateTwin        | {"tags":{"a":1}}                                             |
        | body startTime         | {utc}                                                        |
        | body maxExecutionTimeInSeconds | 60                                                   |
      Then the answer is 400

  @WIRE-JOB-04
  Rule: A condition that cannot be read fails the job, not the request

    @hub:alone
    Scenario: A whole query
      When the service requests PUT "/jobs/v2/{job}" with:
        | body jobId             | {job}                                                        |
        | body type              | scheduleUpdateTwin                                           |
        | body queryCondition    | SELECT * FROM devices                                        |
        | body updateTwin        | {"etag":"*","tags":{"a":1}}                                  |
        | body startTime         | {utc}                                                        |
        | body maxExecutionTimeInSeconds | 60                                                   |
      Then the answer is 200
      And the answer has:
        | status | queued |
      When 30 seconds pass at the hub
      And the service requests GET "/jobs/v2/{job}"
      Then the answer has:
        | status        | failed                   |
        | failureReason | /SQL query parse failed/ |
