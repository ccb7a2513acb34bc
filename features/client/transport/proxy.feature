@sut:client
Feature: Proxies
  The client is responsible for sending everything through the proxy, and nothing past it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-PROXY-01
  Rule: MQTT goes through the given proxy

    Scenario Outline: One connection
      Given an HTTP proxy
      And a connected <identity> client with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-PROXY-02
  Rule: HTTP, SOCKS4 and SOCKS5 proxies are supported

    Scenario Outline: A proxy of type <type>
      Given an <type> proxy
      And a connected <identity> client with:
        | proxyOptions | {proxy} |
      Then the proxy has carried 1 connection
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | type   |
        | device   | HTTP   |
        | device   | SOCKS4 |
        | device   | SOCKS5 |

      @identity:module
      Examples: module client
        | identity | type   |
        | module   | HTTP   |
        | module   | SOCKS4 |
        | module   | SOCKS5 |

  @BOTH-PROXY-03
  Rule: A proxy may require a user name and a password

    Scenario Outline: The login is given to a proxy of type <type>
      Given an <type> proxy that demands the login "clerk:secret"
      And a connected <identity> client with:
        | proxyOptions | {proxy} |
      Then the proxy was given the login "clerk:secret"
      And the proxy has carried 1 connection

      @identity:device
      Examples: device client
        | identity | type   |
        | device   | HTTP   |
        | device   | SOCKS5 |

      @identity:module
      Examples: module client
        | identity | type   |
        | module   | HTTP   |
        | module   | SOCKS5 |

  @BOTH-PROXY-04
  Rule: Operations over HTTPS go through the proxy too

    @identity:device
    Scenario: Asking where to upload
      Given an HTTP proxy
      And a device client with:
        | proxyOptions | {proxy} |
      When it asks where to upload a blob
      Then the call succeeds
      And the proxy has carried 1 connection

    @identity:module
    Scenario: Invoking a method
      Given an HTTP proxy
      And a workload API that works
      And the application at "device-2" answers 200
      And a module client from an Edge environment with:
        | proxyOptions | {proxy} |
      When it invokes a method of a device
      Then the proxy has carried 1 connection
