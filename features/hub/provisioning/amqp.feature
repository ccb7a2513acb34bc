@sut:hub @wire @hub:amqp
Feature: Registering over AMQP
  The service is responsible for answering devices over AMQP as the SDKs expect it.
  https://learn.microsoft.com/azure/iot-dps/about-iot-dps

  Background:
    Given an enrollment "thermostat"

  @DPS-AMQP-01 @DPS-AMQP-04
  Rule: A device that proves itself by SASL PLAIN registers

    Scenario: As the SDKs do
      When "thermostat" registers over AMQP
      Then "thermostat" is answered by the provisioning service over AMQP:
        | operationId | /^.+$/    |
        | status      | assigning |
        | retry-after | /^\d+$/   |

  @DPS-AMQP-02
  Rule: A device with a certificate needs no SASL

    Scenario: An enrolled certificate
      Given "camera" has a certificate
      And an enrollment "camera" with:
        | attestation.type                                        | x509                 |
        | attestation.x509.clientCertificates.primary.certificate | {camera.certificate} |
      When "camera" attaches to the provisioning service over AMQP with:
        | certificate | camera |
      And "camera" registers over AMQP
      Then "camera" is answered by the provisioning service over AMQP:
        | status | assigning |

  @DPS-AMQP-03
  Rule: The address of the links has three forms

    Scenario Outline: <address>
      When "thermostat" attaches to the provisioning service over AMQP with:
        | address | <address>{scope}/registrations/{thermostat} |
      And "thermostat" registers over AMQP
      Then "thermostat" is answered by the provisioning service over AMQP:
        | status | assigning |

      Examples:
        | address        |
        |                |
        | /              |
        | amqps://{dps}/ |

  @DPS-AMQP-05
  Rule: The body of a poll has any form

    Scenario Outline: <body>
      When "thermostat" is provisioned over AMQP
      And "thermostat" sends the provisioning service a request over AMQP with:
        | operation | {operation} |
        | body      | <body>      |
      Then "thermostat" is answered by the provisioning service over AMQP:
        | status                     | assigned     |
        | registrationState.deviceId | {thermostat} |

      Examples:
        | body           |
        | absent         |
        | an empty value |
        | a value        |
        | {}             |

  @DPS-AMQP-06
  Rule: The correlation id is echoed when there is one

    Scenario: Sent
      When "thermostat" sends the provisioning service a request over AMQP with:
        | correlation id | 3f5c |
      Then "thermostat" is answered by the provisioning service over AMQP:
        | correlation id | 3f5c |

    Scenario: Not sent, beside the id of the message
      When "thermostat" sends the provisioning service a request over AMQP with:
        | message id | 77aa |
      Then "thermostat" is answered by the provisioning service over AMQP:
        | status         | assigning |
        | correlation id | absent    |

    Scenario: Not sent
      When "thermostat" registers over AMQP
      Then "thermostat" is answered by the provisioning service over AMQP:
        | correlation id | absent |

  @DPS-AMQP-07
  Rule: A request that fails is rejected with the error in JSON

    Scenario: An unknown operation
      When "thermostat" sends the provisioning service a request over AMQP with:
        | operation | 5.0.0 |
      Then "thermostat" is refused by the provisioning service over AMQP with "amqp:not-found" and:
        | errorCode | /^404\d{3}$/ |

    Scenario: A body that is not an object
      When "thermostat" sends the provisioning service a request over AMQP with:
        | body | [1] |
      Then "thermostat" is refused by the provisioning service over AMQP with "com.microsoft:argument-error" and:
        | errorCode | /^400\d{3}$/ |

  @DPS-AMQP-08
  Rule: A bad credential is refused with the error in JSON

    Scenario: The key of another device
      When "thermostat" attaches to the provisioning service over AMQP with:
        | key | of lamp |
      Then "thermostat" is refused by the provisioning service over AMQP with "amqp:unauthorized-access" and:
        | errorCode | /^401\d{3}$/ |

    Scenario: A certificate that is not enrolled
      Given "camera" has a certificate
      When "camera" attaches to the provisioning service over AMQP with:
        | certificate | camera |
      Then "camera" is refused by the provisioning service over AMQP with "amqp:unauthorized-access" and:
        | errorCode | /^401\d{3}$/ |
