@sut:client
Feature: Gateways
  The client is responsible for reaching the hub through the gateway that it was told of.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-GW-01
  Rule: The connection is made to the host of the gateway

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
