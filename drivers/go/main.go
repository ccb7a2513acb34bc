// Device and service client of the independent Go SDK (amenzhinsky/iothub) against the hub of IOTHUB_CONNECTION_STRING.
// Prints one JSON object for each check. The SDK has roots of its own in its source; its options replace them.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	mqttclient "github.com/eclipse/paho.mqtt.golang"

	"github.com/amenzhinsky/iothub/iotdevice"
	"github.com/amenzhinsky/iothub/iotdevice/transport/mqtt"
	"github.com/amenzhinsky/iothub/iotservice"
)

const deviceID = "gopher"

var ctx, cancel = context.WithTimeout(context.Background(), 2*time.Minute)

type row struct {
	Area    string `json:"area"`
	Call    string `json:"call"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
}

// check runs one call and prints its outcome.
func check(area, call string, run func() error) {
	told := row{area, call, "passed", ""}
	if err := run(); err != nil {
		told.Outcome, told.Detail = "failed", err.Error()
	}
	line, _ := json.Marshal(told)
	fmt.Println(string(line))
}

func same(given, wanted any) error {
	if reflect.DeepEqual(given, wanted) {
		return nil
	}
	return fmt.Errorf("expected %#v, given %#v", wanted, given)
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// next waits for a value.
func next[T any](values <-chan T) (T, error) {
	select {
	case value := <-values:
		return value, nil
	case <-time.After(20 * time.Second):
		var none T
		return none, errors.New("nothing came within 20 s")
	}
}

func main() {
	defer cancel()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(os.Getenv("MOCK_IOT_HUB_CA"))))
	trust := &tls.Config{RootCAs: roots}
	service := must(iotservice.NewFromConnectionString(os.Getenv("IOTHUB_CONNECTION_STRING"),
		iotservice.WithTLSConfig(trust),
		iotservice.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: trust}})))
	made := must(service.CreateDevice(ctx, &iotservice.Device{DeviceID: deviceID}))
	secret := must(service.DeviceConnectionString(made, false))
	clientOf := func(secret string) *iotdevice.Client {
		transport := mqtt.New(mqtt.WithClientOptionsConfig(func(options *mqttclient.ClientOptions) {
			options.TLSConfig.RootCAs = roots
			options.SetConnectRetry(false)
		}))
		return must(iotdevice.NewFromConnectionString(transport, secret))
	}
	registry(service)
	device := clientOf(secret)
	check("device", "Connect", func() error { return device.Connect(ctx) })
	messages(service, device)
	twin(service, device)
	check("methods", "RegisterMethod, CallDeviceMethod", func() error {
		err := device.RegisterMethod(ctx, "dim", func(payload map[string]interface{}) (int, map[string]interface{}, error) {
			return 207, map[string]interface{}{"to": payload["to"]}, nil
		})
		if err != nil {
			return err
		}
		result, err := service.CallDeviceMethod(ctx, deviceID, &iotservice.MethodCall{
			MethodName: "dim", ResponseTimeout: 20, Payload: map[string]interface{}{"to": 3.5},
		})
		if err != nil {
			return err
		}
		return same(*result, iotservice.MethodResult{Status: 207, Payload: map[string]interface{}{"to": 3.5}})
	})
	check("device", "Connect with a wrong key is refused", func() error {
		wrong := clientOf(secret[:strings.Index(secret, "SharedAccessKey=")] + "SharedAccessKey=d3Jvbmc=")
		if err := wrong.Connect(ctx); err == nil || !strings.Contains(err.Error(), "not Authorized") {
			return fmt.Errorf("expected a refusal, given %v", err)
		}
		return nil
	})
	check("device", "Close", device.Close)
	check("registry", "DeleteDevice", func() error { return service.DeleteDevice(ctx, made) })
	check("service", "Close", service.Close)
}

func registry(service *iotservice.Client) {
	check("registry", "GetDevice", func() error {
		found, err := service.GetDevice(ctx, deviceID)
		if err != nil {
			return err
		}
		return same(string(found.Status), "enabled")
	})
	check("registry", "GetDevice of an unknown device", func() error {
		_, err := service.GetDevice(ctx, "nobody")
		var refused *iotservice.RequestError
		if !errors.As(err, &refused) || refused.Code != 404 || !strings.Contains(string(refused.Body), "ErrorCode:DeviceNotFound;") {
			return fmt.Errorf("expected DeviceNotFound, given %v", err)
		}
		return nil
	})
	check("configurations", "CreateConfiguration, UpdateConfiguration, DeleteConfiguration", func() error {
		made, err := service.CreateConfiguration(ctx, &iotservice.Configuration{
			ID:              "go",
			Priority:        10,
			TargetCondition: "deviceId='nobody'",
			Content: &iotservice.ConfigurationContent{DeviceContent: map[string]interface{}{
				"properties.desired.limits": map[string]interface{}{"low": 1.5, "high": 40},
			}},
		})
		if err != nil {
			return err
		}
		made.Priority = 11
		changed, err := service.UpdateConfiguration(ctx, made)
		if err != nil {
			return err
		}
		if err := same(changed.Priority, uint(11)); err != nil {
			return err
		}
		return service.DeleteConfiguration(ctx, changed)
	})
}

func messages(service *iotservice.Client, device *iotdevice.Client) {
	check("messages", "SendEvent of a device, SubscribeEvents", func() error {
		events := make(chan *iotservice.Event, 10)
		listening, stop := context.WithCancel(ctx)
		defer stop()
		go service.SubscribeEvents(listening, func(event *iotservice.Event) error {
			if event.ConnectionDeviceID == deviceID {
				events <- event
			}
			return nil
		})
		// The SDK does not say when it listens, and it asks for what comes from then on.
		for attempt := 0; attempt < 20; attempt++ {
			err := device.SendEvent(ctx, []byte("warm"),
				iotdevice.WithSendMessageID("m-1"), iotdevice.WithSendProperty("color", "dark red"))
			if err != nil {
				return err
			}
			select {
			case event := <-events:
				return same([]string{string(event.Payload), event.MessageID, event.Properties["color"]},
					[]string{"warm", "m-1", "dark red"})
			case <-time.After(time.Second):
			}
		}
		return errors.New("no event came within 20 s")
	})
	check("messages", "SendEvent of a back end, SubscribeEvents of a device, SubscribeFeedback", func() error {
		inbox, err := device.SubscribeEvents(ctx)
		if err != nil {
			return err
		}
		records := make(chan string, 10)
		listening, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			err := service.SubscribeFeedback(listening, func(feedback *iotservice.Feedback) error {
				records <- feedback.OriginalMessageID + " " + feedback.Description
				return nil
			})
			records <- fmt.Sprint("SubscribeFeedback ended: ", err)
		}()
		// Without an expiry the SDK sends one of the year 1754. Other programs have advanced the hub's clock.
		err = service.SendEvent(ctx, deviceID, []byte("hello"), iotservice.WithSendMessageID("c-1"),
			iotservice.WithSendExpiryTime(time.Now().Add(24*time.Hour)), iotservice.WithSendAck(iotservice.AckFull), iotservice.WithSendProperty("mode", "eco"))
		if err != nil {
			return err
		}
		message, err := next(inbox.C())
		if err != nil {
			return fmt.Errorf("the device's inbox: %w", err)
		}
		if err := same([]string{string(message.Payload), message.Properties["mode"]}, []string{"hello", "eco"}); err != nil {
			return err
		}
		record, err := next(records)
		if err != nil {
			return fmt.Errorf("feedback: %w", err)
		}
		return same(record, "c-1 Success")
	})
}

func twin(service *iotservice.Client, device *iotdevice.Client) {
	check("twin", "UpdateTwinState, GetDeviceTwin", func() error {
		version, err := device.UpdateTwinState(ctx, iotdevice.TwinState{"t": 21.5})
		if err != nil {
			return err
		}
		if err := same(version, 2); err != nil {
			return err
		}
		seen, err := service.GetDeviceTwin(ctx, deviceID)
		if err != nil {
			return err
		}
		return same(seen.Properties.Reported["t"], 21.5)
	})
	check("twin", "UpdateDeviceTwin, SubscribeTwinUpdates, RetrieveTwinState", func() error {
		changes, err := device.SubscribeTwinUpdates(ctx)
		if err != nil {
			return err
		}
		_, err = service.UpdateDeviceTwin(ctx, &iotservice.Twin{
			DeviceID:   deviceID,
			Properties: &iotservice.Properties{Desired: map[string]interface{}{"limit": 40.5}},
		})
		if err != nil {
			return err
		}
		change, err := next(changes.C())
		if err != nil {
			return err
		}
		if err := same(change["limit"], 40.5); err != nil {
			return err
		}
		desired, _, err := device.RetrieveTwinState(ctx)
		if err != nil {
			return err
		}
		return same(desired["limit"], 40.5)
	})
}
