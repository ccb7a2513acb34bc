//! What devices and back ends share: connection strings, tokens, options of MQTT, requests over HTTPS.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{prelude::BASE64_STANDARD, Engine};
use hmac::{Hmac, Mac};
use percent_encoding::{utf8_percent_encode, AsciiSet, NON_ALPHANUMERIC};
use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use serde_json::Value;
use sha2::Sha256;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The fields of a connection string.
pub fn parts(connection_string: &str) -> HashMap<String, String> {
    let pairs = connection_string.split(';').filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| (name.into(), value.into())).collect()
}

/// The fields of a connection string in a variable that `mock-iot-hub exec` sets.
pub fn parts_of(variable: &str) -> Result<HashMap<String, String>> {
    let text = std::env::var(variable).map_err(|_| format!("{variable} is not set"))?;
    Ok(parts(&text))
}

/// A token of a device, or of a policy if there is one in the connection string.
pub fn token(parts: &HashMap<String, String>, life: Duration) -> Result<String> {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let resource = match parts.get("DeviceId") {
        Some(device) => encode(&format!("{}/devices/{device}", parts["HostName"])),
        None => encode(&parts["HostName"]),
    };
    let expiry = (SystemTime::now() + life).duration_since(UNIX_EPOCH)?.as_secs();
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(&parts["SharedAccessKey"])?)?;
    mac.update(format!("{resource}\n{expiry}").as_bytes());
    let signature = encode(&BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    let policy = parts
        .get("SharedAccessKeyName")
        .map(|name| format!("&skn={name}"))
        .unwrap_or_default();
    Ok(format!(
        "SharedAccessSignature sr={resource}&sig={signature}&se={expiry}{policy}"
    ))
}

/// Client id, user name and password as IoT Hub wants them. `tls` is `TlsConfiguration::Native` for the roots of the system.
pub fn mqtt(device: &HashMap<String, String>, tls: TlsConfiguration, life: Duration) -> Result<MqttOptions> {
    let (host, id) = (&device["HostName"], &device["DeviceId"]);
    let mut options = MqttOptions::new(id, host, 8883);
    options.set_credentials(format!("{host}/{id}/?api-version=2021-04-12"), token(device, life)?);
    options.set_keep_alive(Duration::from_secs(60));
    options.set_clean_session(false);
    options.set_transport(Transport::Tls(tls));
    Ok(options)
}

/// A request with a JSON body; text goes as it is. The answer is null when it is not JSON.
pub fn request(method: &str, url: &str, token: Option<&str>, body: Value) -> Result<Value> {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    request = request
        .header("content-type", "application/json")
        .header("x-ms-blob-type", "BlockBlob");
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let body = match body {
        Value::Null => String::new(),
        Value::String(text) => text,
        json => json.to_string(),
    };
    let mut answer = agent.run(request.body(body)?)?;
    Ok(serde_json::from_str(&answer.body_mut().read_to_string()?).unwrap_or(Value::Null))
}
