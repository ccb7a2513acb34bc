@sut:hub @wire
Feature: Registering over HTTPS
  The service is responsible for answering the documented requests of devices without MQTT.
  https://learn.microsoft.com/azure/iot-dps/iot-dps-https-sym-key-support

  Background:
    Given an enrollment "thermostat"

  @DPS-HTTP-01
  Rule: A registration is accepted with 202

    Scenario: As documented
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | header Content-Type | application/json; charset=utf-8   |
        | body                | {"registrationId":"{thermostat}"} |
      Then the registration is answered with:
        | answer      | 202       |
        | operationId | /^.+$/    |
        | status      | assigning |

  @DPS-HTTP-02
  Rule: It says where it is, when to come again, and the id of the request

    Scenario: The headers
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | body registrationId | {thermostat} |
      Then the answer has:
        | header location        | /\/{scope}\/registrations\/{thermostat}\/register/ |
        | header retry-after     | /^\d+$/                                            |
        | header x-ms-request-id | /^[0-9a-f-]{36}$/                                  |

  @DPS-HTTP-03
  Rule: A registration is never answered with 200

    Scenario: Of a device that is assigned already
      When "thermostat" is provisioned over HTTPS
      And "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer | 202 |

  @DPS-HTTP-04
  Rule: What the documented example and the SDKs add is tolerated

    Scenario: Content-Encoding utf-8
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register?api-version=2019-03-31" with:
        | header Content-Encoding | utf-8        |
        | body registrationId     | {thermostat} |
      Then the registration is answered with:
        | answer | 202 |

    Scenario: forceRegistration
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register?api-version=2019-03-31&forceRegistration=true" with:
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer | 202 |

  @DPS-HTTP-05
  Rule: An operation is polled until it is decided

    Scenario: To the end
      When "thermostat" is provisioned over HTTPS
      Then the registration is answered with:
        | answer                        | 200          |
        | retry-after                   | absent       |
        | operationId                   | {operation}  |
        | status                        | assigned     |
        | registrationState.deviceId    | {thermostat} |
        | registrationState.assignedHub | {host}       |

    Scenario: While it is assigning
      Given the provisioning service is going to stay at assigning for 1 poll
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | body registrationId | {thermostat} |
      And "thermostat" asks the provisioning service GET "/{scope}/registrations/{thermostat}/operations/{operation}" with:
        | header Accept | application/json |
      Then the registration is answered with:
        | answer      | 202       |
        | retry-after | /^\d+$/   |
        | status      | assigning |

  @DPS-HTTP-06
  Rule: A poll may have a body, or its content type without one

    Scenario Outline: <form>
      When "thermostat" is provisioned over HTTPS
      And "thermostat" asks the provisioning service GET "/{scope}/registrations/{thermostat}/operations/{operation}" with:
        | header Content-Type | application/json; charset=utf-8 |
        | body                | <body>                          |
      Then the registration is answered with:
        | answer | 200 |

      Examples:
        | form         | body |
        | a JSON body  | {}   |
        | no body      |      |

  @DPS-HTTP-07
  Rule: The state of a registration comes without a wrapper

    Scenario: After the assignment
      When "thermostat" is provisioned over HTTPS
      And "thermostat" asks the provisioning service POST "/{scope}/registrations/{thermostat}" with:
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer         | 200          |
        | registrationId | {thermostat} |
        | status         | assigned     |
        | assignedHub    | {host}       |

  @DPS-HTTP-08
  Rule: Ids in a path are decoded

    Scenario: A colon and a dot
      Given an enrollment "a:b.c"
      When "a:b.c" asks the provisioning service PUT "/{scope}/registrations/{a:b.c|encoded}/register" with:
        | body registrationId | {a:b.c} |
      Then the registration is answered with:
        | answer | 202 |

  @DPS-HTTP-09
  Rule: Without a credential that fits there is no registration

    Scenario Outline: <authorization>
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | header Authorization | <header>     |
        | body registrationId  | {thermostat} |
      Then the registration is answered with:
        | answer    | 401          |
        | errorCode | /^401\d{3}$/ |

      Examples:
        | authorization | header                                                             |
        | none          | -                                                                  |
        | a wrong one   | SharedAccessSignature sr={scope}%2Fregistrations%2F{thermostat}&sig=AAAA&se={now+3600} |

    Scenario: The key of another device
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | key                 | of lamp      |
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer | 401 |

  @DPS-HTTP-10
  Rule: A TPM is refused loudly

    Scenario: An endorsement key without a credential
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | header Authorization       | -            |
        | body registrationId        | {thermostat} |
        | body tpm.endorsementKey    | AA==         |
        | body tpm.storageRootKey    | AA==         |
      Then the registration is answered with:
        | answer  | 501     |
        | message | /TPM/   |

  @DPS-ERR-05
  Rule: An error over HTTPS has its code and its tracking id in headers

    Scenario: The key of another device
      When "thermostat" asks the provisioning service PUT "/{scope}/registrations/{thermostat}/register" with:
        | key                 | of lamp      |
        | body registrationId | {thermostat} |
      Then the answer has:
        | header x-ms-error-code | {answer.errorCode}  |
        | header x-ms-request-id | {answer.trackingId} |
