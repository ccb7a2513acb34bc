@sut:client
Feature: Clients from a SAS token
  The client is responsible for using the given token as it is, and for refusing one that cannot serve.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-sastoken

  @BOTH-SAS-01
  Rule: A client can be built from a SAS token, which is used as it is

    Scenario Outline: A token of the application
      Given a connected <identity> client from a SAS token
      Then CONNECT holds:
        | token | {token} |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-02
  Rule: The token is a required text

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity | what     | given  |
        | device   | Nothing  | (none) |
        | device   | A number | 42     |

      @identity:module
      Examples: module client
        | identity | what     | given  |
        | module   | Nothing  | (none) |
        | module   | A number | 42     |

  @BOTH-SAS-03
  Rule: Identity and host come from the resource of the token

    Scenario Outline: A hub of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected <identity> client from a SAS token
      Then the TLS handshake names the host "hub.example"
      And CONNECT holds:
        | client id | <client id> |
        | host      | hub.example |

      @identity:device
      Examples: device client
        | identity | client id |
        | device   | {device}  |

      @identity:module
      Examples: module client
        | identity | client id         |
        | module   | {device}/{module} |

  @BOTH-SAS-04
  Rule: A text that is no SAS token is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what       | given                                                            |
        | device   | Plain text | plain text                                                       |
        | device   | No prefix  | sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800 |

      @identity:module
      Examples: module client
        | identity | what       | given                                                                                 |
        | module   | Plain text | plain text                                                                            |
        | module   | No prefix  | sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-SAS-05
  Rule: A token with a field missing or one too many is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what             | given                                                                                        |
        | device   | No resource      | SharedAccessSignature sig=c2lnbmF0dXJl&se=4102444800                                         |
        | device   | No signature     | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&se=4102444800                        |
        | device   | No expiry        | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl                     |
        | device   | A field too many | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800&foo=1 |

      @identity:module
      Examples: module client
        | identity | what             | given                                                                                                             |
        | module   | No resource      | SharedAccessSignature sig=c2lnbmF0dXJl&se=4102444800                                                              |
        | module   | No signature     | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&se=4102444800                        |
        | module   | No expiry        | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl                     |
        | module   | A field too many | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800&foo=1 |

  @BOTH-SAS-06
  Rule: A token whose resource has the wrong shape is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what                  | given                                                                                                     |
        | device   | Two segments          | SharedAccessSignature sr=localhost%2Fdevices&sig=c2lnbmF0dXJl&se=4102444800                               |
        | device   | Four segments         | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules&sig=c2lnbmF0dXJl&se=4102444800          |
        | device   | Second is not devices | SharedAccessSignature sr=localhost%2Fthings%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800                     |
        | device   | Fourth is not modules | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fparts%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

      @identity:module
      Examples: module client
        | identity | what                  | given                                                                                                     |
        | module   | Two segments          | SharedAccessSignature sr=localhost%2Fdevices&sig=c2lnbmF0dXJl&se=4102444800                               |
        | module   | Four segments         | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules&sig=c2lnbmF0dXJl&se=4102444800          |
        | module   | Second is not devices | SharedAccessSignature sr=localhost%2Fthings%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800                     |
        | module   | Fourth is not modules | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fparts%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-SAS-07
  Rule: A token that has expired is refused

    @construction
    Scenario Outline: Ten seconds ago
      Given a SAS token of the <identity> that expired 10 seconds ago
      When a <identity> client is made from a SAS token with:
        | sastoken | {freshToken} |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @DEV-SAS-01
  Rule: A token of a module is not for the device client

    @construction @identity:device
    Scenario Outline: <what>
      When a device client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      Examples:
        | what             | given                                                                                                       |
        | A module's token | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @MOD-SAS-01
  Rule: A token of a device is not for the module client

    @construction @identity:module
    Scenario Outline: <what>
      When a module client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      Examples:
        | what             | given                                                                                  |
        | A device's token | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-SAS-08
  Rule: An unsupported option is refused

    @construction
    Scenario Outline: An invented option
      When a <identity> client is made from a SAS token with:
        | colour | blue |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-09
  Rule: The life of tokens is no option of this factory

    @construction
    Scenario Outline: sastokenTtl
      When a <identity> client is made from a SAS token with:
        | sastokenTtl | 100 |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-10
  Rule: createFromSastoken accepts serverVerificationCert, the chain to trust as text; by default the system store decides

    Scenario Outline: The authority of the hub
      Given a <identity> client from a SAS token with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: The system store
      Given the network between client and hub is watched
      And a <identity> client from a SAS token with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "localhost"

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-11
  Rule: createFromSastoken accepts gatewayHostname, the host of the gateway; by default there is none

    Scenario Outline: A gateway of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected <identity> client from a SAS token with:
        | gatewayHostname | localhost |
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: No gateway
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected <identity> client from a SAS token
      Then the TLS handshake names the host "hub.example"

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-12
  Rule: createFromSastoken accepts websockets; by default MQTT runs over TLS itself

    Scenario Outline: websockets: default and given
      Given a connected <identity> client from a SAS token
      Then CONNECT holds:
        | transport | mqtt |
      When another connected <identity> client from a SAS token with:
        | websockets | true |
      Then CONNECT holds:
        | transport | mqtt-ws |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-13
  Rule: createFromSastoken accepts cipher, as an OpenSSL list or as a list of names

    @fault:tls
    Scenario Outline: The suite of the hub as text
      Given a <identity> client from a SAS token with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: The suite of the hub among two
      Given a <identity> client from a SAS token with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: Another suite
      Given a <identity> client from a SAS token with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-14
  Rule: createFromSastoken accepts productInfo; by default nothing is appended to the agent string

    Scenario Outline: productInfo: default and given
      Given a connected <identity> client from a SAS token
      Then CONNECT holds:
        | agent suffix |  |
      When another connected <identity> client from a SAS token with:
        | productInfo | MyProduct/1.0 |
      Then CONNECT holds:
        | agent suffix | MyProduct/1.0 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-15
  Rule: createFromSastoken accepts proxyOptions; by default there is no proxy

    Scenario Outline: An HTTP proxy
      Given an HTTP proxy
      And a connected <identity> client from a SAS token
      Then the proxy has carried 0 connections
      When another connected <identity> client from a SAS token with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-16
  Rule: createFromSastoken accepts keepAlive in seconds; by default a minute

    Scenario Outline: keepAlive: default and given
      Given a connected <identity> client from a SAS token
      Then CONNECT holds:
        | keep-alive | 60 |
      When another connected <identity> client from a SAS token with:
        | keepAlive | 30 |
      Then CONNECT holds:
        | keep-alive | 30 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-17
  Rule: createFromSastoken accepts autoConnect; by default operations connect by themselves

    Scenario Outline: By default
      Given a <identity> client from a SAS token
      When it sends the message "warm"
      Then the call succeeds
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: Off
      Given a <identity> client from a SAS token with:
        | autoConnect | false |
      When it sends the message "early"
      Then the call fails with NoConnectionError
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-18 @clock
  Rule: createFromSastoken accepts connectionRetry; by default a dropped connection is re-established

    @fault:tcp
    Scenario Outline: By default
      Given a connected <identity> client from a SAS token
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 2 connection attempts
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: Off
      Given a connected <identity> client from a SAS token with:
        | connectionRetry | false |
      When the connection is cut
      And 1 minute passes
      Then the hub has seen 1 connection attempt
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-19 @clock
  Rule: createFromSastoken accepts connectionRetryInterval in seconds; by default ten

    @fault:tcp @fault:mqtt
    Scenario Outline: By default
      Given a connected <identity> client from a SAS token
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 10 seconds apart

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp @fault:mqtt
    Scenario Outline: Given
      Given a connected <identity> client from a SAS token with:
        | connectionRetryInterval | 3 |
      And the next 2 times the hub is going to be unavailable
      When the connection is cut
      And 1 minute passes
      Then the last 3 connection attempts are 3 seconds apart

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-20
  Rule: createFromSastoken accepts ensureDesiredProperties; by default the client asks for what it may have missed

    @fault:tcp
    Scenario Outline: By default
      Given a connected <identity> client from a SAS token
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 1 time

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: Off
      Given a connected <identity> client from a SAS token with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And it connects and this succeeds
      Then the hub has been asked for the twin 0 times

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
