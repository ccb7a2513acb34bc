//! A device: telemetry, its twin, a direct method, a message from the cloud, a file upload, over bare MQTT with rumqttc.

use std::time::Duration;

use iothub_example::{mqtt, parts_of, request, token, Result};
use rumqttc::{Client, Connection, Event, Packet, QoS, RecvTimeoutError, TlsConfiguration};
use serde_json::{json, Value};

const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<()> {
    let device = parts_of("IOTHUB_DEVICE_CONNECTION_STRING")?;
    let (host, id) = (&device["HostName"], &device["DeviceId"]);
    let (client, mut connection) = Client::new(mqtt(&device, TlsConfiguration::Native, HOUR)?, 10);

    // Telemetry: properties stand in the topic, percent-encoded.
    let events = format!("devices/{id}/messages/events/$.ct=application%2Fjson&$.ce=utf-8&alert=false");
    client.publish(
        events,
        QoS::AtLeastOnce,
        false,
        json!({"temperature": 21.5}).to_string(),
    )?;
    wait(&mut connection, |packet| matches!(packet, Packet::PubAck(_)))?;
    println!("telemetry sent");

    for topic in [
        "$iothub/twin/res/#",
        "$iothub/twin/PATCH/properties/desired/#",
        "$iothub/methods/POST/#",
    ] {
        client.subscribe(topic, QoS::AtMostOnce)?;
    }
    client.subscribe(format!("devices/{id}/messages/devicebound/#"), QoS::AtLeastOnce)?;
    // A patch may have come before the subscription, so the device reads the whole twin once.
    client.publish("$iothub/twin/GET/?$rid=1", QoS::AtMostOnce, false, "")?;

    upload(host, id, &token(&device, HOUR)?)?;
    println!("file uploaded");

    let (mut rebooted, mut told, mut reported) = (false, false, false);
    let configure = |desired: &Value| -> Result<()> {
        if let Some(interval) = desired["interval"].as_i64() {
            println!("desired interval {interval}");
            let patch = json!({ "interval": interval }).to_string();
            client.publish(
                "$iothub/twin/PATCH/properties/reported/?$rid=2",
                QoS::AtMostOnce,
                false,
                patch,
            )?;
        }
        Ok(())
    };
    while !(rebooted && told && reported) {
        let Packet::Publish(message) = wait(&mut connection, |packet| matches!(packet, Packet::Publish(_)))? else {
            continue;
        };
        let text = String::from_utf8_lossy(&message.payload);
        if message.topic.starts_with("$iothub/twin/res/200/") {
            configure(&serde_json::from_str::<Value>(&text)?["desired"])?;
        } else if message.topic.starts_with("$iothub/twin/res/204/") {
            reported = true;
        } else if message.topic.starts_with("$iothub/twin/PATCH/") {
            configure(&serde_json::from_str(&text)?)?;
        } else if let Some(call) = message.topic.strip_prefix("$iothub/methods/POST/") {
            let (name, rid) = call.split_once("/?$rid=").ok_or("a method without a request id")?;
            println!("method {name} {text}");
            let answer = json!({"rebooting": true}).to_string();
            client.publish(
                format!("$iothub/methods/res/200/?$rid={rid}"),
                QoS::AtMostOnce,
                false,
                answer,
            )?;
            rebooted = true;
        } else {
            println!("message from the cloud: {text}");
            told = true;
        }
    }
    client.disconnect()?;
    for event in connection.iter() {
        // Until the disconnection has been sent.
        if event.is_err() || matches!(event, Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect))) {
            break;
        }
    }
    println!("device: done");
    Ok(())
}

/// The next packet that is wanted. rumqttc does its work while it is asked for events.
fn wait(connection: &mut Connection, wanted: impl Fn(&Packet) -> bool) -> Result<Packet> {
    loop {
        match connection.recv_timeout(Duration::from_secs(30)) {
            Ok(Ok(Event::Incoming(packet))) if wanted(&packet) => return Ok(packet),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(RecvTimeoutError::Timeout) => return Err("the back end has not called".into()),
            Err(RecvTimeoutError::Disconnected) => return Err("the connection has ended".into()),
        }
    }
}

/// A file: the hub names the blob, the storage takes it, the hub is told.
fn upload(host: &str, id: &str, token: &str) -> Result<()> {
    let files = format!("https://{host}/devices/{id}/files");
    let url = format!("{files}?api-version=2021-04-12");
    let place = request("POST", &url, Some(token), json!({"blobName": "log.txt"}))?;
    let field = |name: &str| place[name].as_str().unwrap_or_default().to_owned();
    let blob = format!(
        "https://{}/{}/{}{}",
        field("hostName"),
        field("containerName"),
        field("blobName"),
        field("sasToken")
    );
    request("PUT", &blob, None, json!("a line of the log\n"))?;
    let done = json!({"correlationId": field("correlationId"), "isSuccess": true, "statusCode": 200});
    request(
        "POST",
        &format!("{files}/notifications?api-version=2021-04-12"),
        Some(token),
        done,
    )?;
    Ok(())
}
