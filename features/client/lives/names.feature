@sut:client
Feature: Ids that are not friendly
  The client is responsible for its id arriving as it is, wherever it stands: in a path, in a topic, in a token.

  @BOTH-CONNECT-01 @BOTH-SEND-01
  Rule: A client whose id has escapes in it connects and sends

    Scenario Outline: A percent sign and two digits in the id of the <identity>
      Given ids of clients with "50%25"
      And a connected <identity> client
      When it sends the message "mine"
      Then the hub receives the message "mine"
      And it asks for its twin and this succeeds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @DEV-ONMSG-01 @BOTH-ONMETH-01
  Rule: What is for such a device reaches it

    @identity:device
    Scenario: A message and a method
      Given ids of clients with "50%25"
      And a connected device client
      And the application listens for messages
      And the application answers methods with status 200
      When the back end sends the message "for you"
      Then the application is told of messages 1 time
      When the back end calls the method "measure"
      Then the caller of "measure" gets the status 200 and:
        """
        {"answered": true}
        """

  @DEV-BLOB-01 @DEV-NOTIFY-01
  Rule: Such a device uploads

    @identity:device
    Scenario: From the place to the report
      Given ids of clients with "50%25"
      And a connected device client
      When it asks where to upload a blob
      Then the call succeeds
      And its "correlationId" is kept as "correlationId"
      When it reports an upload that was forbidden
      Then the call succeeds
      And the hub was asked to uploadFinish with:
        | correlationId | {correlationId} |
        | isSuccess     | false           |
