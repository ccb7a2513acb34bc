@sut:hub @wire
Feature: One registration after another
  The service is responsible for each registration having an end of its own, whatever came before or comes after it.
  https://learn.microsoft.com/azure/iot-dps/about-iot-dps

  Background:
    Given an enrollment "thermostat"

  @DPS-POLL-11
  Rule: An operation keeps its result when the device registers again

    Scenario: The enrollment was disabled meanwhile
      When "thermostat" is provisioned
      And its operation is kept as "first"
      And a back end asks the provisioning service GET "/enrollments/{thermostat}"
      And a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | header If-Match         | {answer.etag}  |
        | body registrationId     | {thermostat}   |
        | body attestation.type   | symmetricKey   |
        | body provisioningStatus | disabled       |
      Then the answer is 200
      When "thermostat" is provisioned
      Then the registration is answered with:
        | status | disabled |
      When "thermostat" polls the operation "{first}"
      Then the registration is answered with:
        | answer                     | 200          |
        | status                     | assigned     |
        | registrationState.status   | assigned     |
        | registrationState.deviceId | {thermostat} |

    Scenario: Each registration has an operation of its own
      When "thermostat" is provisioned
      And its operation is kept as "first"
      And "thermostat" is provisioned
      Then the registration is answered with:
        | answer      | 200                    |
        | status      | assigned               |
        | operationId | /^(?!{first}$)/        |
      When "thermostat" polls the operation "{first}"
      Then the registration is answered with:
        | answer      | 200      |
        | operationId | {first}  |
        | status      | assigned |

  @DPS-HUB-04
  Rule: A device that registers again keeps what its hub knows of it

    Scenario: Its twin, and the messages that wait for it
      When "thermostat" is provisioned
      And the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"site":"north"},"properties":{"desired":{"on":true}}} |
      And the service sends "thermostat" the message "hello"
      And "thermostat" is provisioned
      Then the registration is answered with:
        | status | assigned |
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | tags.site                 | north |
        | properties.desired.on     | true  |
        | cloudToDeviceMessageCount | 1     |

  @DPS-HUB-05
  Rule: A device that its hub has lost is there after the next registration

    Scenario: Deleted at the hub
      When "thermostat" is provisioned
      And the service requests DELETE "/devices/{thermostat}" with:
        | header if-match | * |
      Then the answer is 204
      When "thermostat" is provisioned
      Then the registration is answered with:
        | status | assigned |
      When the service requests GET "/devices/{thermostat}"
      Then the answer is 200
      When "thermostat" connects
      Then "thermostat" is accepted
