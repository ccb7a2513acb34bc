// A driver: gives your client to the conformance suite. Every call that is not written yet answers `unsupported`.
//
//	go build -o driver . && npx iot-hub-conformance driver check -- ./driver
//
// One JSON object per line on stdin and stdout; stderr is free text. docs/driver-authors.md describes verbs, capabilities
// and events. A driver is thin: it does not retry, cache or reorder.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

type object = map[string]any

var hello = object{
	"protocol":       1,
	"implementation": object{"name": "my-client", "version": "0.1.0", "language": "go"},
	// Claim what your client has: the suite judges only that.
	"capabilities": []string{"identity.device", "auth.symmetric-key", "transport.mqtt", "tls.custom-ca", "connection", "telemetry"},
	"clock":        "real",
}

// unsupported: the client cannot do this, or the driver cannot express it.
type unsupported struct{ reason string }

func (u unsupported) Error() string { return u.reason }

// failure: the client reports an error. kind: argument, argumentType, credential, connectionFailed, timeout, … other.
type failure struct{ kind, name, message string }

func (f failure) Error() string { return f.message }

// session has one client.
type session struct {
	name string
	seq  int
	// Your client here.
}

var (
	sessions = map[string]*session{}
	lock     sync.Mutex
	printing sync.Mutex
)

func say(line object) {
	text, _ := json.Marshal(line)
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(text))
}

// tell reports an event of the client, such as a message.
func (s *session) tell(event string, data object) {
	lock.Lock()
	s.seq++
	seq := s.seq
	lock.Unlock()
	say(object{"event": event, "session": s.name, "seq": seq, "data": data})
}

func create(request object) (any, error) {
	if request["kind"] != "device" || request["factory"] != "connectionString" {
		return nil, unsupported{fmt.Sprintf("%v clients from %v", request["kind"], request["factory"])}
	}
	for option := range request["options"].(object) {
		if option != "serverVerificationCert" {
			return nil, unsupported{"the option " + option}
		}
	}
	given, _ := request["arguments"].(object)["connectionString"].(string)
	for _, part := range []string{"HostName=", "DeviceId=", "SharedAccessKey="} {
		if !strings.Contains(given, part) {
			return nil, failure{"argument", "Error", "the connection string lacks " + part}
		}
	}
	// Your client here: dial endpoint.host and endpoint.mqttPort, check the certificate against the host name of the
	// connection string, trust options.serverVerificationCert (PEM).
	lock.Lock()
	defer lock.Unlock()
	name := request["session"].(string)
	sessions[name] = &session{name: name}
	return nil, nil
}

func perform(request object) (any, error) {
	switch verb := request["do"].(string); verb {
	case "hello":
		return hello, nil
	case "create":
		return create(request)
	case "destroy":
		lock.Lock()
		defer lock.Unlock()
		delete(sessions, request["session"].(string))
		return nil, nil
	case "connect", "disconnect", "sendTelemetry", "state", "handle":
		return nil, unsupported{verb + " is not written yet"}
	default:
		return nil, unsupported{verb}
	}
}

func answer(request object) {
	reply := object{"id": request["id"]}
	result, err := perform(request)
	switch problem := err.(type) {
	case nil:
		reply["ok"] = result
	case unsupported:
		reply["unsupported"] = object{"reason": problem.reason}
	case failure:
		reply["error"] = object{"kind": problem.kind, "native": object{"type": problem.name, "message": problem.message}}
	default:
		reply["error"] = object{"kind": "other", "native": object{"type": fmt.Sprintf("%T", err), "message": err.Error()}}
	}
	say(reply)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var request object
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if request["do"] == "stop" {
			say(object{"id": request["id"], "ok": nil})
			return
		}
		// A call may take long: it has a goroutine of its own. The next one comes later, so that both reach the client in order.
		done := make(chan struct{})
		go func() {
			defer close(done)
			answer(request)
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Millisecond):
		}
	}
}
