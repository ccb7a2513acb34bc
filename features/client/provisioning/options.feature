@sut:client @identity:device
Feature: Options of a provisioning client
  The client is responsible for reaching the service in the way that the application has chosen.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.provisioningdeviceclient

  @PROV-OPT-01
  Rule: MQTT is the default, MQTT over WebSocket the other choice

    @transport:default
    Scenario: By default
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And CONNECT holds:
        | transport | mqtt |

    @option:websockets
    Scenario: websockets
      Given a provisioning client with:
        | websockets | true |
      When it registers
      Then the registration succeeds
      And CONNECT holds:
        | transport | mqtt-ws |

  @PROV-OPT-02
  Rule: serverVerificationCert is what the client trusts

    Scenario: The root of the service
      Given a provisioning client with:
        | serverVerificationCert | {authority} |
      When it registers
      Then the registration succeeds

    @fault:tls
    Scenario: A service of another authority
      Given a provisioning client
      And the hub is going to show a certificate of an unknown authority
      When it registers
      Then the registration fails with ClientError
      And the hub has seen 0 connection attempts

    Scenario: Without it
      Given the network between client and hub is watched
      And a provisioning client with:
        | serverVerificationCert | (none) |
      When it registers
      Then the registration fails with ClientError
      And the TLS handshake names the host "{host}"
      And the hub has seen 0 connection attempts

  @PROV-OPT-03
  Rule: The gateway is dialled instead of the service

    @option:gatewayHostname
    Scenario: A gateway of another name
      Given the network between client and hub is watched
      And a provisioning client with:
        | provisioningHost | hub.example |
        | gatewayHostname  | localhost   |
      When it registers
      Then the registration succeeds
      And the TLS handshake names the host "localhost"
      And CONNECT holds:
        | client id      | device-1                           |
        | token resource | 0ne00000000/registrations/device-1 |

  @PROV-OPT-04
  Rule: The cipher is one that the application allows

    @fault:tls
    Scenario Outline: <form>
      Given a provisioning client with:
        | cipher | <cipher> |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it registers
      Then the registration succeeds

      Examples:
        | form         | cipher                                                             |
        | one          | ECDHE-ECDSA-AES256-GCM-SHA384                                      |
        | one of a list | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |

    @fault:tls
    Scenario: Another suite
      Given a provisioning client with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it registers
      Then the registration fails with ConnectionFailedError
      And the hub has seen 0 connection attempts

  @PROV-OPT-05
  Rule: A proxy carries the connection

    @option:proxyOptions
    Scenario: An HTTP proxy
      Given an HTTP proxy
      And a provisioning client with:
        | proxyOptions | {proxy} |
      When it registers
      Then the registration succeeds
      And the proxy has carried 1 connection

  @PROV-OPT-06
  Rule: keepAlive is what CONNECT promises, a minute by default

    @needs:connection.keep-alive @python-api
    Scenario: By default
      Given a provisioning client
      When it registers
      Then CONNECT holds:
        | keep-alive | 60 |

    @option:keepAlive
    Scenario: Another one
      Given a provisioning client with:
        | keepAlive | 90 |
      When it registers
      Then CONNECT holds:
        | keep-alive | 90 |
