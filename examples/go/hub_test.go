// Tests that start a hub of their own, on a loopback address of its own: clients dial port 8883.
package example

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example/iothub"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// hub is what the first line of a hub says.
var hub struct {
	ControlURL string
	CaPath     string
	Devices    []struct{ ConnectionString string }
}

func or(variable, otherwise string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return otherwise
}

func TestMain(m *testing.M) {
	command := "exec " + or("MOCK_IOT_HUB", "npx mock-iot-hub") + " --json --listen " + or("EXAMPLE_ADDRESS", "127.0.0.2") +
		" --mqtt-port 8883 --control-port 0 --no-amqp --device thermostat"
	process := exec.Command("sh", "-c", command)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		panic(err)
	}
	lines := bufio.NewReader(output)
	first, _ := lines.ReadBytes('\n')
	if err := json.Unmarshal(first, &hub); err != nil {
		panic("no hub: " + command)
	}
	rest := make(chan bool)
	go func() { _, _ = io.Copy(io.Discard, lines); close(rest) }()
	code := m.Run()
	_ = process.Process.Signal(syscall.SIGTERM) // so that npx hands it on
	<-rest
	_ = process.Wait()
	os.Exit(code)
}

// control asks the control API.
func control(t *testing.T, method, path, body string, answer any) {
	t.Helper()
	request, err := http.NewRequest(method, hub.ControlURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatal(method, path, response.Status, string(text), err)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatal(err)
		}
	}
}

func hasTelemetry(t *testing.T, body string) bool {
	t.Helper()
	var messages []struct{ Body string }
	control(t, "GET", "/telemetry", "", &messages)
	for _, message := range messages {
		if message.Body == body {
			return true
		}
	}
	return false
}

// device is a client that makes a token of the present life for each connection, and tells of connections that it lost.
type device struct {
	mqtt.Client
	life atomic.Int64
	lost chan error
	back chan bool
}

func newDevice(t *testing.T, life time.Duration) *device {
	t.Helper()
	pem, err := os.ReadFile(hub.CaPath)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	parts := iothub.Parts(hub.Devices[0].ConnectionString)
	host, id := parts["HostName"], parts["DeviceId"]
	d := &device{lost: make(chan error, 8), back: make(chan bool, 8)}
	d.life.Store(int64(life))
	options := mqtt.NewClientOptions().AddBroker("ssl://" + host + ":8883").SetClientID(id).SetProtocolVersion(4).
		SetTLSConfig(&tls.Config{RootCAs: roots}).SetCleanSession(false).SetMaxReconnectInterval(time.Second)
	options.SetCredentialsProvider(func() (string, string) {
		token := iothub.Token(host+"/devices/"+id, parts["SharedAccessKey"], "", time.Duration(d.life.Load()))
		return host + "/" + id + "/?api-version=2021-04-12", token
	})
	options.OnConnectionLost = func(_ mqtt.Client, err error) { d.lost <- err }
	options.OnConnect = func(mqtt.Client) { d.back <- true }
	d.Client = mqtt.NewClient(options)
	t.Cleanup(func() { d.Disconnect(250) })
	return d
}

func done(t *testing.T, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(30 * time.Second) {
		t.Fatal("no answer")
	}
	if token.Error() != nil {
		t.Fatal(token.Error())
	}
}

func within[T any](t *testing.T, from chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(30 * time.Second):
		t.Fatal(what)
		panic(what)
	}
}

const events = "devices/thermostat/messages/events/"

func TestTelemetrySurvivesAConnectionThatBreaksInsteadOfAnAcknowledgement(t *testing.T) {
	control(t, "POST", "/reset", "", nil)
	d := newDevice(t, time.Hour)
	done(t, d.Connect())
	var fault struct{ ID string }
	control(t, "POST", "/faults", `{"name":"mqtt.puback.close"}`, &fault)
	done(t, d.Publish(events, 1, false, "hello")) // paho connects again and sends it again
	var after struct{ Fired int }
	control(t, "GET", "/faults/"+fault.ID, "", &after)
	if after.Fired != 1 || !hasTelemetry(t, "hello") { // QoS 1: at least once
		t.Fatal("fired", after.Fired)
	}
}

func TestADeviceWhoseTokenExpiresComesBackWithANewOne(t *testing.T) {
	control(t, "POST", "/reset", "", nil)
	d := newDevice(t, time.Hour)
	done(t, d.Connect())
	within(t, d.back, "not connected")
	d.life.Store(int64(2 * time.Hour)) // a token of the same second and life would be the same token
	control(t, "POST", "/devices/thermostat/expire-token", "", nil)
	within(t, d.lost, "the hub has not closed the connection")
	within(t, d.back, "the new token is refused")
	done(t, d.Publish(events, 1, false, "back again"))
	if !hasTelemetry(t, "back again") {
		t.Fatal("it is lost")
	}
}

func TestADeviceWhoseClockIsTwoHoursLateIsRefused(t *testing.T) {
	control(t, "POST", "/reset", "", nil)
	control(t, "POST", "/clock/offset", `{"by":"2h"}`, nil) // the hub's clock, not the device's
	late := newDevice(t, time.Hour).Connect()
	if !late.WaitTimeout(30*time.Second) || late.Error() == nil {
		t.Fatal("a token that has expired is accepted")
	}
	var why json.RawMessage
	control(t, "GET", "/explain/last", "", &why)
	if !bytes.Contains(why, []byte("clock is 2h ahead of the system clock")) {
		t.Fatal(string(why))
	}
	done(t, newDevice(t, 3*time.Hour).Connect())
}
