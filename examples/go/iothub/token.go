// Package iothub has what devices and back ends share: connection strings and tokens.
package iothub

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Parts are the fields of a connection string.
func Parts(connectionString string) map[string]string {
	parts := map[string]string{}
	for _, part := range strings.Split(connectionString, ";") {
		name, value, _ := strings.Cut(part, "=")
		parts[name] = value
	}
	return parts
}

// Token signs a resource; policy is empty for a device.
func Token(resource, key, policy string, life time.Duration) string {
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		panic(err)
	}
	expiry := time.Now().Add(life).Unix()
	encoded := url.QueryEscape(resource)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s\n%d", encoded, expiry)
	signature := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	token := fmt.Sprintf("SharedAccessSignature sr=%s&sig=%s&se=%d", encoded, signature, expiry)
	if policy != "" {
		token += "&skn=" + policy
	}
	return token
}
