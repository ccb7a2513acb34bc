//! A back end: reads events, sets desired properties, calls a method, sends a message to the device.

use std::time::Duration;

use fe2o3_amqp::{
    connection::Connection, sasl_profile::SaslProfile, session::Session, types::messaging::Body,
    types::primitives::Value as Amqp, Receiver,
};
use iothub_example::{parts_of, request, token, Result};
use serde_json::{json, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    tokio::time::timeout(Duration::from_secs(60), read_until_measured())
        .await
        .map_err(|_| "no telemetry")??;

    let hub = parts_of("IOTHUB_CONNECTION_STRING")?;
    let id = parts_of("IOTHUB_DEVICE_CONNECTION_STRING")?["DeviceId"].clone();
    let owner = token(&hub, Duration::from_secs(3600))?;
    let call = |method: &str, path: &str, body: Value| {
        let url = format!("https://{}/twins/{id}{path}?api-version=2021-04-12", hub["HostName"]);
        request(method, &url, Some(&owner), body)
    };
    call("PATCH", "", json!({"properties": {"desired": {"interval": 5}}}))?;
    let reboot = json!({"methodName": "reboot", "payload": {"delay": 1}, "connectTimeoutInSeconds": 30});
    println!("method answered {}", call("POST", "/methods", reboot)?);

    // The service takes messages to devices over AMQP only, the control API of the mock over HTTP.
    let control = std::env::var("MOCK_IOT_HUB_CONTROL_URL")?;
    request(
        "POST",
        &format!("{control}/devices/{id}/messages"),
        None,
        json!({"body": "hello from the cloud"}),
    )?;
    println!("back end: done");
    Ok(())
}

/// Events of the Event Hubs-compatible endpoint, from the first one on: a receiver for each partition, over AMQP.
async fn read_until_measured() -> Result<()> {
    let endpoint = parts_of("EVENTHUB_CONNECTION_STRING")?;
    let host = endpoint["Endpoint"].trim_start_matches("sb://").trim_end_matches('/');
    let mut connection = Connection::builder()
        .container_id("backend")
        .alt_tls_establishment(true) // TLS from the first byte on
        .sasl_profile(SaslProfile::Plain {
            username: endpoint["SharedAccessKeyName"].clone(),
            password: endpoint["SharedAccessKey"].clone(),
        })
        .open(format!("amqps://{host}:5671").as_str())
        .await?;
    let mut session = Session::begin(&mut connection).await?;
    let mut partitions = Vec::new();
    for partition in 0..4 {
        let source = format!(
            "{}/ConsumerGroups/$Default/Partitions/{partition}",
            endpoint["EntityPath"]
        );
        partitions.push(Receiver::attach(&mut session, format!("partition-{partition}"), source).await?);
    }
    loop {
        for receiver in &mut partitions {
            let Ok(event) = tokio::time::timeout(Duration::from_millis(100), receiver.recv::<Body<Amqp>>()).await
            else {
                continue;
            };
            let event = event?;
            receiver.accept(&event).await?;
            let Body::Data(data) = event.body() else { continue };
            let body: Vec<u8> = data.iter().flat_map(|part| part.0.iter().copied()).collect();
            println!("event {}", String::from_utf8_lossy(&body));
            if serde_json::from_slice::<Value>(&body).is_ok_and(|json| json["temperature"].is_number()) {
                return Ok(());
            }
        }
    }
}
