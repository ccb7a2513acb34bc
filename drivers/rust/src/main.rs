//! A device on azure_iot_sdk. It prints one JSON object for each thing that it has seen, and answers every direct method.

use std::env;

use azure_iot_sdk::{
    DeviceKeyTokenSource, DirectMethodResponse, IoTHubClient, Message, MessageType,
};
use serde_json::json;

#[tokio::main]
async fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (host, device_id) = (variable("IOTHUB_HOSTNAME"), variable("DEVICE_ID"));
    let token = DeviceKeyTokenSource::new(&host, &device_id, &variable("DEVICE_KEY"))
        .expect("the key is base64");
    let mut client = match IoTHubClient::new(&host, device_id, token).await {
        Ok(client) => client,
        Err(error) => {
            println!("{}", json!({ "saw": "refusal", "text": error.to_string() }));
            return;
        }
    };
    let mut inbox = client.get_receiver().await;
    println!("{}", json!({ "saw": "connection" }));
    let message = Message::builder()
        .set_body(b"warm".to_vec())
        .set_message_id("m-1".to_string())
        .add_message_property("color".to_string(), "red".to_string())
        .build();
    client
        .send_message(message)
        .await
        .expect("telemetry is sent");
    client
        .send_property_update("1", r#"{"t":21.5}"#)
        .await
        .expect("a property is sent");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while let Some(received) = inbox.recv().await {
        match received {
            MessageType::C2DMessage(message) => {
                println!(
                    "{}",
                    json!({ "saw": "message", "text": text(&message.body) })
                );
            }
            MessageType::DesiredPropertyUpdate(message) => {
                println!(
                    "{}",
                    json!({ "saw": "desired", "text": text(&message.body) })
                );
            }
            MessageType::DirectMethod(call) => {
                println!(
                    "{}",
                    json!({ "saw": call.method_name, "text": text(&call.message.body) })
                );
                let answer = DirectMethodResponse::new(
                    call.request_id,
                    207,
                    Some(r#"{"ok":true}"#.to_string()),
                );
                client
                    .respond_to_direct_method(answer)
                    .await
                    .expect("an answer is sent");
            }
            MessageType::ErrorReceive(error) => {
                println!("{}", json!({ "saw": "error", "text": error.to_string() }));
                return;
            }
        }
    }
}
