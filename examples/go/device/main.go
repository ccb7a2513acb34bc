// A device: telemetry, its twin, a direct method, a message from the cloud, a file upload, over bare MQTT with paho.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"example/iothub"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func main() {
	parts := iothub.Parts(os.Getenv("IOTHUB_DEVICE_CONNECTION_STRING"))
	host, device := parts["HostName"], parts["DeviceId"]
	twin, desired, called, told := make(chan []byte, 8), make(chan int, 8), make(chan bool, 1), make(chan bool, 1)

	// Go trusts SSL_CERT_FILE. The token is asked for at each connection, so a reconnection brings a new one.
	options := mqtt.NewClientOptions().AddBroker("ssl://" + host + ":8883").SetClientID(device).SetProtocolVersion(4)
	options.SetCredentialsProvider(func() (string, string) {
		token := iothub.Token(host+"/devices/"+device, parts["SharedAccessKey"], "", time.Hour)
		return host + "/" + device + "/?api-version=2021-04-12", token
	})
	client := mqtt.NewClient(options)
	wait(client.Connect())

	subscribe := func(topic string, handle func(topic string, payload []byte)) {
		wait(client.Subscribe(topic, 1, func(_ mqtt.Client, message mqtt.Message) { handle(message.Topic(), message.Payload()) }))
	}
	subscribe("$iothub/twin/res/#", func(topic string, payload []byte) {
		if strings.HasPrefix(topic, "$iothub/twin/res/200/") {
			twin <- payload
		}
	})
	subscribe("$iothub/twin/PATCH/properties/desired/#", func(_ string, payload []byte) {
		var patch struct{ Interval int }
		if json.Unmarshal(payload, &patch) == nil && patch.Interval > 0 {
			desired <- patch.Interval
		}
	})
	subscribe("$iothub/methods/POST/#", func(topic string, payload []byte) {
		name, rid := strings.Split(topic, "/")[3], topic[strings.Index(topic, "$rid=")+len("$rid="):]
		fmt.Println("method", name, string(payload))
		client.Publish("$iothub/methods/res/200/?$rid="+rid, 0, false, `{"rebooting":true}`)
		called <- true
	})
	subscribe("devices/"+device+"/messages/devicebound/#", func(_ string, payload []byte) {
		fmt.Println("message from the cloud:", string(payload))
		told <- true
	})

	// Telemetry: properties stand in the topic, percent-encoded.
	topic := "devices/" + device + "/messages/events/$.ct=application%2Fjson&$.ce=utf-8&alert=false"
	wait(client.Publish(topic, 1, false, `{"temperature":21.5}`))
	fmt.Println("telemetry sent")

	// The twin: read it whole, then wait for the back end's change and report it.
	wait(client.Publish("$iothub/twin/GET/?$rid=1", 0, false, ""))
	var whole struct{ Desired struct{ Interval int } }
	check(json.Unmarshal(<-twin, &whole))
	interval := whole.Desired.Interval
	if interval == 0 {
		interval = <-desired
	}
	fmt.Println("desired interval", interval)
	wait(client.Publish("$iothub/twin/PATCH/properties/reported/?$rid=2", 0, false, fmt.Sprintf(`{"interval":%d}`, interval)))

	upload(host, device, iothub.Token(host+"/devices/"+device, parts["SharedAccessKey"], "", time.Hour))
	fmt.Println("file uploaded")

	<-called
	<-told
	client.Disconnect(250)
	fmt.Println("device: done")
}

// upload: the hub names the blob, the storage takes it, the hub is told.
func upload(host, device, token string) {
	files := "https://" + host + "/devices/" + device + "/files"
	var place struct{ CorrelationID, HostName, ContainerName, BlobName, SasToken string }
	check(json.Unmarshal(send("POST", files+"?api-version=2021-04-12", token, `{"blobName":"log.txt"}`), &place))
	blob := fmt.Sprintf("https://%s/%s/%s%s", place.HostName, place.ContainerName, place.BlobName, place.SasToken)
	send("PUT", blob, "", "a line of the log\n")
	done := fmt.Sprintf(`{"correlationId":%q,"isSuccess":true,"statusCode":200}`, place.CorrelationID)
	send("POST", files+"/notifications?api-version=2021-04-12", token, done)
}

// send makes a request over HTTPS; Go trusts SSL_CERT_FILE.
func send(method, url, token, body string) []byte {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-ms-blob-type", "BlockBlob")
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode >= 300 {
		log.Fatalf("%s %s: %s %s", method, url, response.Status, text)
	}
	return text
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func wait(token mqtt.Token) {
	if token.Wait() && token.Error() != nil {
		log.Fatal(token.Error())
	}
}
