// Anchor: mochi-mqtt over TLS, open to everybody. Arguments: port, file of the key, file of the certificate.
package main

import (
	"crypto/tls"
	"io"
	"log"
	"log/slog"
	"os"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[3], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	server := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := server.AddHook(new(auth.AllowHook), nil); err != nil {
		log.Fatal(err)
	}
	err = server.AddListener(listeners.NewTCP(listeners.Config{
		ID:        "tls",
		Address:   "127.0.0.1:" + os.Args[1],
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}},
	}))
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		log.Fatal(err)
	}
	select {}
}
