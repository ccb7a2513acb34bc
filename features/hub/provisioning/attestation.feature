@sut:hub @wire
Feature: Attestation
  The service is responsible for assigning a hub to those that prove to be what is enrolled, and to nobody else.
  https://learn.microsoft.com/azure/iot-dps/concepts-service

  @DPS-AUTH-01
  Rule: The primary key of an individual enrollment registers

    Scenario: Primary
      Given an enrollment "thermostat"
      And "thermostat" listens to the provisioning service with:
        | key | primary |
      When "thermostat" registers
      Then the registration is answered with:
        | answer | 202       |
        | status | assigning |

  @DPS-AUTH-02
  Rule: The secondary key registers as well, also right after the primary

    Scenario: Both
      Given an enrollment "thermostat"
      And "thermostat" listens to the provisioning service with:
        | key | primary |
      When "thermostat" registers
      And "thermostat" listens to the provisioning service with:
        | key | secondary |
      And "thermostat" registers
      Then the registration is answered with:
        | answer | 202 |

  @DPS-AUTH-03
  Rule: A key that is derived from that of a group registers

    Scenario Outline: From the <which> key
      Given an enrollment group "fleet"
      And "pump" belongs to the enrollment group "fleet"
      And "pump" listens to the provisioning service with:
        | key | <which> |
      When "pump" registers
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | which     |
        | primary   |
        | secondary |

    Scenario: The key of the documentation
      Given an enrollment group "fleet" with:
        | attestation.type                      | symmetricKey                                                                             |
        | attestation.symmetricKey.primaryKey   | 8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw== |
        | attestation.symmetricKey.secondaryKey | 8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw== |
      When "sn" connects to the provisioning service with:
        | client id | sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6                                              |
        | user name | {scope}/registrations/sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6/api-version=2019-03-31 |
        | scope     | {scope}%2Fregistrations%2Fsn-007-888-abc-mac-a1-b2-c3-d4-e5-f6                    |
        | key       | Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=                                      |
      Then "sn" is accepted
      When "sn" subscribes to "$dps/registrations/res/#"
      And "sn" registers with the body ""
      Then the registration is answered with:
        | answer | 202 |
      When "sn" polls
      Then the registration is answered with:
        | registrationState.registrationId | sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6 |

  @DPS-AUTH-04
  Rule: The key of a group is no key of a device

    Scenario: As it is
      Given an enrollment group "fleet"
      And "pump" belongs to the enrollment group "fleet"
      And "pump" listens to the provisioning service with:
        | key | {fleet.key} |
      When "pump" registers
      Then the registration is answered with:
        | answer    | 401    |
        | errorCode | 401002 |

  @DPS-AUTH-05
  Rule: The policy of a token is registration, empty or absent

    Scenario Outline: <policy>
      Given an enrollment "thermostat"
      And "thermostat" listens to the provisioning service with:
        | policy | <policy> |
      When "thermostat" registers
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | policy       |
        | registration |
        | none         |
        |              |

  @DPS-AUTH-06
  Rule: There is no other policy

    Scenario: Over HTTPS
      Given an enrollment "thermostat"
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | policy              | provisioningserviceowner |
        | body registrationId | {thermostat}             |
      Then the registration is answered with:
        | answer | 401 |

  @DPS-AUTH-07
  Rule: The signature covers the resource exactly as it was sent

    Scenario Outline: <form>
      Given an enrollment "thermostat"
      And "thermostat" listens to the provisioning service with:
        | scope | <scope> |
      When "thermostat" registers
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | form               | scope                                |
        | encoded            | {scope}%2Fregistrations%2F{thermostat} |
        | lower-case escapes | {scope}%2fregistrations%2f{thermostat} |
        | raw                | {scope}/registrations/{thermostat}     |

  @DPS-AUTH-08
  Rule: A token is for one registration of one scope

    Scenario Outline: <of>
      Given an enrollment "thermostat"
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | scope               | <scope>      |
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer | 401 |

      Examples:
        | of                   | scope                                       |
        | another registration | {scope}%2Fregistrations%2Fsomebody-else     |
        | another scope        | 0neFFFFFFFF%2Fregistrations%2F{thermostat}  |

  @DPS-AUTH-09
  Rule: An expired token is refused

    Scenario: Since an hour
      Given an enrollment "thermostat"
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | expires in          | -3600        |
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer | 401 |

  @DPS-AUTH-10
  Rule: A wrong signature passes CONNECT, and is answered at the registration

    Scenario: The key of another device
      Given an enrollment "thermostat"
      And "thermostat" listens to the provisioning service with:
        | key | of lamp |
      When "thermostat" registers
      Then the registration is answered with:
        | answer    | 401               |
        | errorCode | /^401(000\|002)$/ |

  @DPS-AUTH-11
  Rule: An enrolled certificate registers, without a password

    Scenario Outline: The <which> certificate
      Given "camera" has a certificate
      And "spare" has a certificate for "camera"
      And an enrollment "camera" with:
        | attestation.type                                          | x509                 |
        | attestation.x509.clientCertificates.primary.certificate   | {camera.certificate} |
        | attestation.x509.clientCertificates.secondary.certificate | {spare.certificate}  |
      And "camera" listens to the provisioning service with:
        | certificate | <of> |
      When "camera" registers
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | which     | of     |
        | primary   | camera |
        | secondary | spare  |

    @DPS-POLL-05
    Scenario: Its registration says so
      Given "camera" has a certificate
      And an enrollment "camera" with:
        | attestation.type                                        | x509                 |
        | attestation.x509.clientCertificates.primary.certificate | {camera.certificate} |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" is provisioned
      Then the registration is answered with:
        | status                 | assigned |
        | registrationState.x509 | /^\{.*\}$/ |

  @DPS-AUTH-12
  Rule: The common name of the certificate is the registration id

    Scenario: The enrolled certificate, and another registration
      Given "other" has a certificate for "somebody"
      And an enrollment "camera" with:
        | attestation.type                                        | x509                |
        | attestation.x509.clientCertificates.primary.certificate | {other.certificate} |
      When "camera" asks the provisioning service PUT "/{scope}/registrations/{camera}/register" with:
        | certificate         | other    |
        | body registrationId | {camera} |
      Then the registration is answered with:
        | answer | 401 |

  @DPS-AUTH-13
  Rule: An unknown certificate passes CONNECT, and is answered at the registration

    Scenario: Another certificate of the same name
      Given "camera" has a certificate
      And "forger" has a certificate for "camera"
      And an enrollment "camera" with:
        | attestation.type                                        | x509                 |
        | attestation.x509.clientCertificates.primary.certificate | {camera.certificate} |
      And "camera" listens to the provisioning service with:
        | certificate | forger |
      When "camera" registers
      Then the registration is answered with:
        | answer    | 401    |
        | errorCode | 401002 |

    Scenario: An enrolled certificate that has expired
      Given "camera" has an expired certificate
      And an enrollment "camera" with:
        | attestation.type                                        | x509                 |
        | attestation.x509.clientCertificates.primary.certificate | {camera.certificate} |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" registers
      Then the registration is answered with:
        | answer | 401 |

  @DPS-AUTH-14
  Rule: A chain to a verified authority that passes the enrolled certificate registers

    Scenario Outline: <form>
      Given a verified authority "root"
      And an authority "plant" of "root"
      And "camera" has a certificate of "plant"
      And an enrollment group "cameras" with:
        | attestation.type                                         | x509                   |
        | attestation.x509.signingCertificates.primary.certificate | {<enrolled>.certificate} |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" is provisioned
      Then the registration is answered with:
        | answer | 200      |
        | status | assigned |

      Examples:
        | form                         | enrolled |
        | the root is enrolled         | root     |
        | the intermediate is enrolled | plant    |

  @DPS-AUTH-15
  Rule: A chain that leads to nothing verified is refused

    Scenario: An authority that nobody has verified
      Given an authority "root"
      And "camera" has a certificate of "root"
      And an enrollment group "cameras" with:
        | attestation.type                                         | x509               |
        | attestation.x509.signingCertificates.primary.certificate | {root.certificate} |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" registers
      Then the registration is answered with:
        | answer    | 401                       |
        | errorCode | 401002                    |
        | message   | CA certificate not found. |

    Scenario: An authority of the same name
      Given a verified authority "root"
      And an enrollment group "cameras" with:
        | attestation.type                                         | x509               |
        | attestation.x509.signingCertificates.primary.certificate | {root.certificate} |
      And an authority "root"
      And "camera" has a certificate of "root"
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" registers
      Then the registration is answered with:
        | answer    | 401    |
        | errorCode | 401002 |

  @DPS-AUTH-16
  Rule: The nearest entry decides, also when it is disabled

    Scenario: A disabled group of the intermediate below an enabled one of the root
      Given a verified authority "root"
      And an authority "plant" of "root"
      And "camera" has a certificate of "plant"
      And an enrollment group "all" with:
        | attestation.type                                         | x509               |
        | attestation.x509.signingCertificates.primary.certificate | {root.certificate} |
      And an enrollment group "some" with:
        | attestation.type                                         | x509                |
        | attestation.x509.signingCertificates.primary.certificate | {plant.certificate} |
        | provisioningStatus                                       | disabled            |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" is provisioned
      Then the registration is answered with:
        | status | disabled |

    Scenario: A disabled device of an enabled group
      Given an enrollment group "fleet"
      And "pump" belongs to the enrollment group "fleet"
      And an enrollment "pump" with:
        | attestation.type                    | symmetricKey |
        | attestation.symmetricKey.primaryKey | {pump.key}   |
        | provisioningStatus                  | disabled     |
      When "pump" is provisioned
      Then the registration is answered with:
        | status | disabled |

  @DPS-AUTH-17
  Rule: A device proves itself somehow

    Scenario: Neither password nor certificate
      Given an enrollment "thermostat"
      When "thermostat" connects to the provisioning service with:
        | password | none |
      Then "thermostat" is refused with return code 5
