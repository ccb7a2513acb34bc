@sut:hub @wire
Feature: Enrollments
  The service is responsible for keeping what back ends enroll, and for refusing what cannot be meant.
  https://learn.microsoft.com/rest/api/iot-dps/service/individual-enrollment

  @DPS-ENR-01
  Rule: An individual enrollment is created by PUT

    Scenario: As documented
      When a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | body registrationId   | {thermostat} |
        | body attestation.type | symmetricKey |
      Then the answer is 200
      And the answer has:
        | registrationId         | {thermostat}                             |
        | attestation.type       | symmetricKey                             |
        | etag                   | /^.+$/                                   |
        | createdDateTimeUtc     | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/ |
        | lastUpdatedDateTimeUtc | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/ |
        | provisioningStatus     | enabled                                  |
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      Then the answer has:
        | registrationId | {thermostat} |

  @DPS-ENR-02
  Rule: Keys that are not given are made, and PUT returns them

    Scenario: 64 bytes
      When a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | body registrationId   | {thermostat} |
        | body attestation.type | symmetricKey |
      Then the answer has:
        | attestation.symmetricKey.primaryKey   | /^[A-Za-z0-9+\/]{86}==$/ |
        | attestation.symmetricKey.secondaryKey | /^[A-Za-z0-9+\/]{86}==$/ |

  @DPS-ENR-03
  Rule: Keys are read by their own request alone

    Scenario: GET, query and attestationmechanism
      Given an enrollment "thermostat"
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      Then the answer has:
        | attestation.type | symmetricKey                 |
        | text             | /^((?!primaryKey).)*$/       |
      When a back end asks the provisioning service POST "/enrollments/query" with:
        | body query | SELECT * |
      Then the answer has:
        | text | /^((?!primaryKey).)*$/ |
      When a back end asks the provisioning service POST "/enrollments/{thermostat}/attestationmechanism"
      Then the answer has:
        | type                    | symmetricKey            |
        | symmetricKey.primaryKey | {thermostat.key}        |

    Scenario: The rows of groups
      Given an enrollment group "fleet"
      When a back end asks the provisioning service POST "/enrollmentGroups/query" with:
        | body query | SELECT * |
      Then the answer has:
        | 0.attestation.type | symmetricKey           |
        | text               | /^((?!primaryKey).)*$/ |

  @DPS-ENR-04
  Rule: PUT creates, unless If-Match says that it updates

    Scenario: Once more without If-Match
      Given an enrollment "thermostat"
      When a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | body registrationId   | {thermostat} |
        | body attestation.type | symmetricKey |
      Then the answer is 409
      And the answer has:
        | errorCode | /^409\d{3}$/ |

  @DPS-ENR-05
  Rule: If-Match of the current etag, or of any, updates

    Scenario Outline: <form>
      Given an enrollment "thermostat"
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      And the etag of the answer is remembered
      And a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | header If-Match         | <if-match>    |
        | body registrationId     | {thermostat}  |
        | body attestation.type   | symmetricKey  |
        | body provisioningStatus | disabled      |
      Then the answer is 200
      And the etag of the answer is another
      And the answer has:
        | provisioningStatus | disabled |

      Examples:
        | form        | if-match      |
        | the etag    | {answer.etag} |
        | any         | *             |

    Scenario: The keys are kept
      Given an enrollment "thermostat"
      When a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | header If-Match       | *            |
        | body registrationId   | {thermostat} |
        | body attestation.type | symmetricKey |
      Then the answer has:
        | attestation.symmetricKey.primaryKey | {thermostat.key} |

  @DPS-ENR-06
  Rule: A stale etag fails

    Scenario Outline: <method>
      Given an enrollment "thermostat"
      When a back end asks the provisioning service <method> "/enrollments/{thermostat}" with:
        | header If-Match       | "00000000-0000-0000-0000-000000000000" |
        | body registrationId   | {thermostat}                           |
        | body attestation.type | symmetricKey                           |
      Then the answer is 412
      And the answer has:
        | errorCode | /^412\d{3}$/ |
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      Then the answer is 200

      Examples:
        | method |
        | PUT    |
        | DELETE |

  @DPS-ENR-07
  Rule: What is deleted is gone

    Scenario: DELETE, then GET
      Given an enrollment "thermostat"
      When a back end asks the provisioning service DELETE "/enrollments/{thermostat}"
      Then the answer is 204
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      Then the answer is 404
      And the answer has:
        | errorCode | 404201 |

  @DPS-ENR-08
  Rule: A certificate is read in three forms, and answered with what it says

    Scenario: PEM
      Given "camera" has a certificate
      When a back end asks the provisioning service PUT "/enrollments/{camera}" with:
        | body registrationId                                          | {camera}             |
        | body attestation.type                                        | x509                 |
        | body attestation.x509.clientCertificates.primary.certificate | {camera.certificate} |
      Then the answer has:
        | attestation.x509.clientCertificates.primary.info.subjectName      | /{camera}/          |
        | attestation.x509.clientCertificates.primary.info.sha1Thumbprint   | /^[0-9A-F]{40}$/    |
        | attestation.x509.clientCertificates.primary.info.sha256Thumbprint | /^[0-9A-F]{64}$/    |
        | attestation.x509.clientCertificates.primary.info.issuerName       | /{camera}/          |
        | attestation.x509.clientCertificates.primary.info.notBeforeUtc     | /^2020-01-01T/      |
        | attestation.x509.clientCertificates.primary.info.notAfterUtc      | /^2100-01-01T/      |
        | attestation.x509.clientCertificates.primary.info.serialNumber     | /^[0-9A-Fa-f]+$/    |
        | attestation.x509.clientCertificates.primary.info.version          | 3                   |

    Scenario Outline: <form>
      Given "camera" has a certificate
      And an enrollment "camera" with:
        | attestation.type                                        | x509                  |
        | attestation.x509.clientCertificates.primary.certificate | {camera.certificate.<form>} |
      And "camera" listens to the provisioning service with:
        | certificate | camera |
      When "camera" registers
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | form       |
        | base64-pem |
        | base64-der |

  @DPS-ENR-09
  Rule: An entry with what a certificate says keeps the certificate

    Scenario: As the CLI sends it back
      Given "camera" has a certificate
      And an enrollment "camera" with:
        | attestation.type                                        | x509                 |
        | attestation.x509.clientCertificates.primary.certificate | {camera.certificate} |
      When a back end asks the provisioning service GET "/enrollments/{camera}"
      And a back end asks the provisioning service PUT "/enrollments/{camera}" with:
        | header If-Match | *             |
        | body            | {answer.text} |
      Then the answer is 200
      When "camera" listens to the provisioning service with:
        | certificate | camera |
      And "camera" registers
      Then the registration is answered with:
        | answer | 202 |

  @DPS-ENR-10
  Rule: An enrollment that cannot be meant is refused

    Scenario Outline: <what>
      When a back end asks the provisioning service PUT "/enrollments/{thermostat}" with:
        | body | <body> |
      Then the answer is 400
      And the answer has:
        | errorCode | /^400\d{3}$/ |
        | message   | /^.+$/       |
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      Then the answer is 404

      Examples:
        | what                  | body                                                                                                                             |
        | another id            | {"registrationId":"other","attestation":{"type":"symmetricKey"}}                                                                 |
        | no attestation        | {"registrationId":"{thermostat}"}                                                                                                |
        | an empty attestation  | {"registrationId":"{thermostat}","attestation":{"type":"x509"}}                                                                  |
        | a key of 15 bytes     | {"registrationId":"{thermostat}","attestation":{"type":"symmetricKey","symmetricKey":{"primaryKey":"AAAAAAAAAAAAAAAAAAAA"}}}     |
        | an unlinked hub       | {"registrationId":"{thermostat}","attestation":{"type":"symmetricKey"},"iotHubs":["nowhere.azure-devices.net"]}                  |
        | custom without a hook | {"registrationId":"{thermostat}","attestation":{"type":"symmetricKey"},"allocationPolicy":"custom"}                              |
        | no JSON               | {"registrationId":                                                                                                               |

    Scenario Outline: In a group: <what>
      When a back end asks the provisioning service PUT "/enrollmentGroups/{fleet}" with:
        | body | <body> |
      Then the answer is 400

      Examples:
        | what        | body                                                                                                                          |
        | a TPM       | {"enrollmentGroupId":"{fleet}","attestation":{"type":"tpm","tpm":{"endorsementKey":"AAAA"}}}                                  |
        | a device id | {"enrollmentGroupId":"{fleet}","attestation":{"type":"symmetricKey"},"deviceId":"d1"}                                         |

    Scenario: An id with a blank
      When a back end asks the provisioning service PUT "/enrollments/a%20b" with:
        | body registrationId   | a b          |
        | body attestation.type | symmetricKey |
      Then the answer is 400

  @DPS-ENR-11
  Rule: Groups have the same requests, whatever the case of their path

    Scenario: From the creation to the end
      When a back end asks the provisioning service PUT "/enrollmentGroups/{fleet}" with:
        | body enrollmentGroupId | {fleet}      |
        | body attestation.type  | symmetricKey |
      Then the answer is 200
      When a back end asks the provisioning service GET "/enrollmentgroups/{fleet}"
      Then the answer has:
        | enrollmentGroupId | {fleet} |
      When a back end asks the provisioning service POST "/enrollmentgroups/{fleet}/attestationmechanism"
      Then the answer has:
        | symmetricKey.primaryKey | /^[A-Za-z0-9+\/]{86}==$/ |
      When a back end asks the provisioning service DELETE "/enrollmentGroups/{fleet}"
      Then the answer is 204

  @DPS-ENR-12
  Rule: A TPM can be enrolled

    Scenario: Its endorsement key
      When a back end asks the provisioning service PUT "/enrollments/{gateway}" with:
        | body registrationId                 | {gateway} |
        | body attestation.type               | tpm       |
        | body attestation.tpm.endorsementKey | AToAAQALAAMAsgAgg3GXZ0SEs/gakMyNRqXXJP1S124GUgtk8qHaGzMUaaoABgCAAEMAEAgAAAAAAAEA |
      Then the answer is 200
      When a back end asks the provisioning service POST "/enrollments/{gateway}/attestationmechanism"
      Then the answer has:
        | type | tpm |

  @DPS-ENR-13
  Rule: Up to ten enrollments are created at once, and each has its error

    Scenario: One of two exists
      Given an enrollment "thermostat"
      When a back end asks the provisioning service POST "/enrollments" with:
        | body | {"mode":"create","enrollments":[{"registrationId":"{lamp}","attestation":{"type":"symmetricKey"}},{"registrationId":"{thermostat}","attestation":{"type":"symmetricKey"}}]} |
      Then the answer is 200
      And the answer has:
        | isSuccessful            | false        |
        | errors.length           | 1            |
        | errors.0.registrationId | {thermostat} |
        | errors.0.errorCode      | /^409\d{3}$/ |
        | errors.0.errorStatus    | /^.+$/       |
      When a back end asks the provisioning service POST "/enrollments" with:
        | body | {"mode":"delete","enrollments":[{"registrationId":"{lamp}","attestation":{"type":"symmetricKey"}}]} |
      Then the answer has:
        | isSuccessful  | true |
        | errors.length | 0    |

    Scenario: Eleven
      When a back end asks the provisioning service POST "/enrollments" with:
        | body | {"mode":"create","enrollments":[{"registrationId":"b1"},{"registrationId":"b2"},{"registrationId":"b3"},{"registrationId":"b4"},{"registrationId":"b5"},{"registrationId":"b6"},{"registrationId":"b7"},{"registrationId":"b8"},{"registrationId":"b9"},{"registrationId":"b10"},{"registrationId":"b11"}]} |
      Then the answer is 400

  @DPS-ENR-14
  Rule: A query gives a page, and what is needed for the next one

    Scenario: Two pages of a group
      Given an enrollment group "fleet"
      And an enrollment group "herd"
      When a back end asks the provisioning service POST "/enrollmentGroups/query" with:
        | header x-ms-max-item-count | 1        |
        | body query                 | SELECT * |
      Then the answer has:
        | length                   | 1               |
        | header x-ms-item-type    | enrollmentGroup |
        | header x-ms-continuation | /^.+$/          |
      And the answer writes the headers "x-ms-item-type x-ms-continuation"
      When the 0.enrollmentGroupId of the answer is remembered
      And a back end asks the provisioning service POST "/enrollmentGroups/query" with:
        | header x-ms-max-item-count | 1                          |
        | header x-ms-continuation   | {header.x-ms-continuation} |
        | body query                 | SELECT *                   |
      Then the 0.enrollmentGroupId of the answer is another

    Scenario: The last page
      Given an enrollment "thermostat"
      When a back end asks the provisioning service POST "/enrollments/query" with:
        | body query | SELECT * |
      Then the answer has:
        | header x-ms-item-type    | enrollment |
        | header x-ms-continuation | absent     |
        | text                     | /^\[.*"{thermostat}"/ |

    Scenario: A continuation of somebody else
      When a back end asks the provisioning service POST "/enrollments/query" with:
        | header x-ms-continuation | made-up  |
        | body query               | SELECT * |
      Then the answer is 400

  @DPS-ENR-15
  Rule: A back end proves its policy

    Scenario Outline: <policy> with <key>
      Given an enrollment "thermostat"
      When a back end asks the provisioning service <method> "/enrollments/{thermostat}" with:
        | policy          | <policy> |
        | policy key      | <key>    |
        | header If-Match | *        |
      Then the answer is 401
      And the answer has:
        | errorCode | /^401\d{3}$/ |
      When a back end asks the provisioning service GET "/enrollments/{thermostat}"
      Then the answer is 200

      Examples:
        | method | policy                   | key                                          |
        | GET    | provisioningserviceowner | d3JvbmcgLSB3cm9uZyAtIHdyb25nIC0gd3JvbmcgLSE= |
        | DELETE | provisioningserviceowner | d3JvbmcgLSB3cm9uZyAtIHdyb25nIC0gd3JvbmcgLSE= |
        | GET    | nobody                   | d3JvbmcgLSB3cm9uZyAtIHdyb25nIC0gd3JvbmcgLSE= |
        | DELETE | registration             | {thermostat.key}                             |

  @DPS-STATE-01
  Rule: A back end sees what the device was told

    Scenario: Assigned
      Given an enrollment "thermostat"
      When "thermostat" is provisioned
      And a back end asks the provisioning service GET "/registrations/{thermostat}"
      Then the answer is 200
      And the answer has:
        | registrationId | {thermostat} |
        | status         | assigned     |
        | assignedHub    | {host}       |
        | deviceId       | {thermostat} |

    Scenario: Disabled
      Given an enrollment "thermostat" with:
        | provisioningStatus | disabled |
      When "thermostat" is provisioned
      And a back end asks the provisioning service GET "/registrations/{thermostat}"
      Then the answer has:
        | status | disabled |

    Scenario: Never registered
      Given an enrollment "thermostat"
      When a back end asks the provisioning service GET "/registrations/{thermostat}"
      Then the answer is 404

  @DPS-STATE-02
  Rule: The record can be deleted, and the device stays

    Scenario: DELETE, then GET at both
      Given an enrollment "thermostat"
      When "thermostat" is provisioned
      And a back end asks the provisioning service DELETE "/registrations/{thermostat}"
      Then the answer is 204
      When a back end asks the provisioning service GET "/registrations/{thermostat}"
      Then the answer is 404
      When the service requests GET "/devices/{thermostat}"
      Then the answer is 200

  @DPS-STATE-03
  Rule: The registrations of a group are listed

    Scenario Outline: <form>
      Given an enrollment group "fleet"
      And "pump" belongs to the enrollment group "fleet"
      And "valve" belongs to the enrollment group "fleet"
      And an enrollment "thermostat"
      When "pump" is provisioned
      And "valve" is provisioned
      And "thermostat" is provisioned
      And a back end asks the provisioning service POST "/registrations/{fleet}/query" with:
        | <row> | <value> |
      Then the answer is 200
      And the answer has:
        | length                | 2                  |
        | 0.registrationId      | {pump}             |
        | 1.registrationId      | {valve}            |
        | header x-ms-item-type | deviceRegistration |

      Examples:
        | form           | row           | value    |
        | with a body    | body query    | SELECT * |
        | without a body | header Accept | */*      |
