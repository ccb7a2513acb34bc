#!/bin/sh
# Runs a program with the CA of the hub in a trust store of its own: Java reads no other variable and no PEM file.
set -eu
store=target/truststore-$$.p12
keytool -importcert -noprompt -alias mock-iot-hub -file "$MOCK_IOT_HUB_CA" -keystore "$store" -storetype PKCS12 -storepass changeit 2>/dev/null
exec java -Djavax.net.ssl.trustStore="$store" -Djavax.net.ssl.trustStorePassword=changeit -cp "target/classes:target/lib/*" "$1"
