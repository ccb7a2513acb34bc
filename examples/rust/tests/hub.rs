//! Tests that start a hub of their own, on a loopback address of its own: clients dial port 8883.

use std::env::var;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use iothub_example::{mqtt, parts, request, Result};
use rumqttc::{Client, Connection, Event, Packet, QoS, TlsConfiguration};
use serde_json::{json, Value};

const HOUR: Duration = Duration::from_secs(3600);

struct Hub {
    process: Child,
    about: Value,
}

impl Hub {
    /// The first line that a hub prints describes it.
    fn start() -> Result<Hub> {
        let command = var("MOCK_IOT_HUB").unwrap_or("npx mock-iot-hub".into());
        let address = var("EXAMPLE_ADDRESS").unwrap_or("127.0.0.2".into());
        let flags = "--mqtt-port 8883 --control-port 0 --no-amqp --device thermostat";
        let line = format!("exec {command} --json --listen {address} {flags}");
        let mut process = Command::new("sh").args(["-c", &line]).stdout(Stdio::piped()).spawn()?;
        let mut ready = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut ready)?;
        Ok(Hub {
            process,
            about: serde_json::from_str(&ready)?,
        })
    }

    fn text(&self, pointer: &str) -> String {
        self.about
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    fn control(&self, method: &str, path: &str, body: Value) -> Result<Value> {
        request(method, &format!("{}{path}", self.text("/controlUrl")), None, body)
    }

    fn bodies(&self) -> Result<Vec<String>> {
        let all = self.control("GET", "/telemetry", Value::Null)?;
        let messages = all.as_array().ok_or("no list")?;
        Ok(messages
            .iter()
            .filter_map(|message| Some(message["body"].as_str()?.to_owned()))
            .collect())
    }

    fn client(&self, life: Duration) -> Result<(Client, Connection)> {
        let device = parts(&self.text("/devices/0/connectionString"));
        let ca = std::fs::read(self.text("/caPath"))?;
        Ok(Client::new(
            mqtt(&device, TlsConfiguration::SimpleNative { ca, client_auth: None }, life)?,
            10,
        ))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // SIGTERM, so that npx hands it on.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// Asks for events until a wanted packet comes; after an error rumqttc connects again.
fn until(connection: &mut Connection, wanted: impl Fn(&Packet) -> bool) -> Result<usize> {
    let mut errors = 0;
    while let Ok(event) = connection.recv_timeout(Duration::from_secs(30)) {
        match event {
            Ok(Event::Incoming(packet)) if wanted(&packet) => return Ok(errors),
            Ok(_) => {}
            Err(_) => errors += 1,
        }
    }
    Err("it has not come".into())
}

/// Asks for events until the hub refuses a connection.
fn refusal(connection: &mut Connection) -> Result<rumqttc::ConnectReturnCode> {
    loop {
        match connection
            .recv_timeout(Duration::from_secs(30))
            .map_err(|_| "no answer")?
        {
            Err(rumqttc::ConnectionError::ConnectionRefused(code)) => return Ok(code),
            _ => continue,
        }
    }
}

const EVENTS: &str = "devices/thermostat/messages/events/";

#[test]
fn what_a_client_must_survive() -> Result<()> {
    let hub = Hub::start()?;

    // Telemetry survives a connection that breaks instead of an acknowledgement.
    let (client, mut connection) = hub.client(HOUR)?;
    // A session is kept from the first subscription on; without one, rumqttc forgets what was not acknowledged.
    client.subscribe("devices/thermostat/messages/devicebound/#", QoS::AtLeastOnce)?;
    until(&mut connection, |packet| matches!(packet, Packet::SubAck(_)))?;
    let fault = hub.control("POST", "/faults", json!({"name": "mqtt.puback.close"}))?;
    client.publish(EVENTS, QoS::AtLeastOnce, false, "hello")?;
    assert!(
        until(&mut connection, |packet| matches!(packet, Packet::PubAck(_)))? >= 1,
        "it broke"
    );
    let fired = hub.control(
        "GET",
        &format!("/faults/{}", fault["id"].as_str().unwrap_or_default()),
        Value::Null,
    )?;
    assert_eq!(fired["fired"], 1);
    assert!(hub.bodies()?.contains(&"hello".into())); // QoS 1: at least once

    // A device whose token expires is refused with the old one, and comes back with a new one.
    hub.control("POST", "/devices/thermostat/expire-token", Value::Null)?;
    let refused = refusal(&mut connection)?;
    assert_eq!(refused, rumqttc::ConnectReturnCode::NotAuthorized);
    drop((client, connection));
    let (client, mut connection) = hub.client(2 * HOUR)?;
    client.publish(EVENTS, QoS::AtLeastOnce, false, "back again")?;
    until(&mut connection, |packet| matches!(packet, Packet::PubAck(_)))?;
    assert!(hub.bodies()?.contains(&"back again".into()));
    drop((client, connection));

    // A device whose clock is four hours late is refused, until its tokens live longer.
    hub.control("POST", "/clock/offset", json!({"by": "4h"}))?; // the hub's clock, not the device's
    let (late, mut connection) = hub.client(2 * HOUR)?;
    assert_eq!(refusal(&mut connection)?, rumqttc::ConnectReturnCode::NotAuthorized);
    let why = hub.control("GET", "/explain/last", Value::Null)?.to_string();
    assert!(why.contains("clock is 4h ahead of the system clock"), "{why}");
    drop((late, connection));
    let (_client, mut connection) = hub.client(5 * HOUR)?;
    until(&mut connection, |packet| matches!(packet, Packet::ConnAck(_)))?;
    Ok(())
}
