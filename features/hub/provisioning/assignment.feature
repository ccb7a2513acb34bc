@sut:hub @wire
Feature: Assignment to a hub
  The service is responsible for the device in the hub that it assigns: keys, twin and place.
  https://learn.microsoft.com/azure/iot-dps/concepts-device-reprovision

  @DPS-HUB-01
  Rule: The device has the keys with which it has registered

    Scenario: Of an enrollment
      Given an enrollment "thermostat"
      When "thermostat" is provisioned
      And the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | authentication.type                    | sas              |
        | authentication.symmetricKey.primaryKey | {thermostat.key} |

    Scenario: Of a group
      Given an enrollment group "fleet"
      And "pump" belongs to the enrollment group "fleet"
      When "pump" is provisioned
      And the service requests GET "/devices/{pump}"
      Then the answer has:
        | authentication.type                    | sas        |
        | authentication.symmetricKey.primaryKey | {pump.key} |
      When "pump" connects
      Then "pump" is accepted

  @DPS-HUB-02
  Rule: The device has the thumbprint of the certificate that it has shown

    Scenario Outline: Of <what>
      Given a verified authority "root"
      And "camera" has a certificate of "root"
      And an enrollment <what> "<entry>" with:
        | attestation.type                                             | x509                 |
        | attestation.x509.<certificates>.primary.certificate | {<of>.certificate} |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" is provisioned
      And the service requests GET "/devices/{camera}"
      Then the answer has:
        | authentication.type                              | selfSigned          |
        | authentication.x509Thumbprint.primaryThumbprint  | {camera.thumbprint} |

      Examples: a group
        | what  | entry   | certificates        | of   |
        | group | cameras | signingCertificates | root |

  @DPS-HUB-03
  Rule: The initial twin is that of the enrollment, and a device may be an Edge device

    Scenario: Tags, desired properties and capabilities
      Given an enrollment "thermostat" with:
        | initialTwin.tags.site                   | lab  |
        | initialTwin.properties.desired.interval | 5    |
        | capabilities.iotEdge                    | true |
      When "thermostat" is provisioned
      And the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | tags.site                   | lab  |
        | properties.desired.interval | 5    |
        | capabilities.iotEdge        | true |

    Scenario: A device id of its own
      Given an enrollment "thermostat" with:
        | deviceId | {boiler} |
      When "thermostat" is provisioned
      Then the registration is answered with:
        | registrationState.deviceId | {boiler} |
      When the service requests GET "/devices/{boiler}"
      Then the answer is 200

  @DPS-HUB-04
  Rule: A device that comes again to its hub keeps its twin

    Scenario: Changed in between
      Given an enrollment "thermostat" with:
        | initialTwin.properties.desired.interval | 5 |
      When "thermostat" is provisioned
      And the service requests PATCH "/twins/{thermostat}" with:
        | body properties.desired.interval | 60 |
      And "thermostat" is provisioned
      And the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | properties.desired.interval | 60 |
      When a back end asks the provisioning service GET "/registrations/{thermostat}"
      Then the answer has:
        | substatus | reprovisionedToInitialAssignment |

  @DPS-HUB-05
  Rule: A device that was deleted in its hub comes back

    Scenario: Deleted in between
      Given an enrollment "thermostat"
      When "thermostat" is provisioned
      And the service requests DELETE "/devices/{thermostat}" with:
        | header If-Match | * |
      Then the answer is 204
      When "thermostat" is provisioned
      And the service requests GET "/devices/{thermostat}"
      Then the answer is 200

  @DPS-HUB-06
  Rule: Without a hub there is no assignment

    Scenario: The last hub was unlinked
      Given an enrollment "thermostat"
      And the provisioning service has no linked hub
      When "thermostat" is provisioned
      Then the registration is answered with:
        | status                      | failed |
        | registrationState.errorCode | 400208 |

  @DPS-HUB-07
  Rule: A custom allocation asks the webhook, and does what it says

    @DPS-REG-10
    Scenario Outline: The payload <payload>
      Given a webhook that answers 200 with '{"iotHubHostName":"{host}","initialTwin":{"tags":{"site":"hook"}},"payload":{"answer":42}}'
      And an enrollment "thermostat" with:
        | allocationPolicy                      | custom     |
        | customAllocationDefinition.webhookUrl | {webhook}  |
        | customAllocationDefinition.apiVersion | 2019-03-31 |
      When "thermostat" is provisioned with the body '{"registrationId":"{thermostat}","payload":<payload>}'
      Then the registration is answered with:
        | status                           | assigned |
        | registrationState.assignedHub    | {host}   |
        | registrationState.payload.answer | 42       |
      And the webhook was told:
        | deviceRuntimeContext.registrationId | {thermostat} |
        | deviceRuntimeContext.payload        | <payload>    |
        | linkedHubs                          | ["{host}"]   |
        | individualEnrollment.registrationId | {thermostat} |
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | tags.site | hook |

      Examples:
        | payload        |
        | {"model":"x1"} |
        | "text"         |
        | 7              |

    Scenario Outline: A webhook that <fails>
      Given a webhook that answers <status> with '<body>'
      And an enrollment "thermostat" with:
        | allocationPolicy                      | custom     |
        | customAllocationDefinition.webhookUrl | {webhook}  |
        | customAllocationDefinition.apiVersion | 2019-03-31 |
      When "thermostat" is provisioned
      Then the registration is answered with:
        | status                        | failed |
        | registrationState.errorCode   | 400207 |
        | registrationState.assignedHub | absent |

      Examples:
        | fails                     | status | body                                           |
        | answers with an error     | 400    | {"iotHubHostName":"{host}"} |
        | names a hub that is not linked | 200 | {"iotHubHostName":"nowhere.azure-devices.net"} |
        | names no hub              | 200    | {}                                             |
