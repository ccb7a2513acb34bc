// A back end: reads events, sets desired properties, calls a method, sends a message to the device.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"example/iothub"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs"
)

var (
	hub      = iothub.Parts(os.Getenv("IOTHUB_CONNECTION_STRING"))
	deviceID = iothub.Parts(os.Getenv("IOTHUB_DEVICE_CONNECTION_STRING"))["DeviceId"]
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	// Events of the Event Hubs-compatible endpoint, from the first one on. Go trusts SSL_CERT_FILE.
	reader, err := azeventhubs.NewConsumerClientFromConnectionString(os.Getenv("EVENTHUB_CONNECTION_STRING"), "", "$Default", nil)
	check(err)
	properties, err := reader.GetEventHubProperties(ctx, nil)
	check(err)
	measured := make(chan bool, 1)
	for _, id := range properties.PartitionIDs {
		go read(ctx, reader, id, measured)
	}
	select {
	case <-measured:
	case <-ctx.Done():
		log.Fatal("no telemetry")
	}

	call("PATCH", "/twins/"+deviceID, `{"properties":{"desired":{"interval":5}}}`)
	answer := call("POST", "/twins/"+deviceID+"/methods", `{"methodName":"reboot","payload":{"delay":1},"connectTimeoutInSeconds":30}`)
	fmt.Println("method answered", answer)

	// No SDK of Go sends messages to devices; the service takes them over AMQP only, the control API of the mock over HTTP.
	response, err := http.Post(os.Getenv("MOCK_IOT_HUB_CONTROL_URL")+"/devices/"+deviceID+"/messages", "application/json",
		strings.NewReader(`{"body":"hello from the cloud"}`))
	check(err)
	response.Body.Close()
	fmt.Println("back end: done")
}

func read(ctx context.Context, reader *azeventhubs.ConsumerClient, partition string, measured chan<- bool) {
	earliest := true
	from := azeventhubs.StartPosition{Earliest: &earliest}
	client, err := reader.NewPartitionClient(partition, &azeventhubs.PartitionClientOptions{StartPosition: from})
	check(err)
	for {
		soon, cancel := context.WithTimeout(ctx, time.Second)
		events, _ := client.ReceiveEvents(soon, 100, nil)
		cancel()
		for _, event := range events {
			fmt.Println("event of", event.SystemProperties["iothub-connection-device-id"], string(event.Body))
			if bytes.Contains(event.Body, []byte("temperature")) {
				measured <- true
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// call sends a request to the service's REST API.
func call(method, path, body string) string {
	host := hub["HostName"]
	request, err := http.NewRequest(method, "https://"+host+path+"?api-version=2021-04-12", strings.NewReader(body))
	check(err)
	request.Header.Set("Authorization", iothub.Token(host, hub["SharedAccessKey"], hub["SharedAccessKeyName"], time.Hour))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode >= 300 {
		log.Fatalf("%s %s: %s %s", method, path, response.Status, text)
	}
	return string(text)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
