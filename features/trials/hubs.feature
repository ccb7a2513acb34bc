@sut:hub @wire @trial
Feature: Generated trials of hubs
  The hub is responsible for values and orders that no example names: each rule is tried with many that a seed draws.

  Background:
    Given a registered identity "lamp"

  @WIRE-D2C-03
  Rule: The properties of a message are what its topic says, whatever they hold

    @hub:alone
    Scenario: Any property bag
      Given "lamp" is online
      Then any property bag that "lamp" publishes is read as it was meant

  @WIRE-TWIN-22
  Rule: A twin is what all patches together make of it

    Scenario: Any patches of both sides
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      Then any patches of the twin of "lamp", by service and device, add up

  @WIRE-C2D-20 @WIRE-HTTP-08
  Rule: A queue holds what was sent and not settled, in its order

    Scenario: Any order of deliveries
      Then any order of sending to "lamp", receiving and settling keeps its queue

  @WIRE-C2D-16
  Rule: The limit of a message is counted in bytes, and the last one counts

    Scenario: Any size around it
      Then a message to "lamp" of any size around the limit is taken up to it
