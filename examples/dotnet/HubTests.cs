using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Azure.Devices.Client;
using Microsoft.Azure.Devices.Client.Exceptions;

/// <summary>Tests that start a hub of their own, on a loopback address of its own: the SDK dials port 8883.</summary>
public static class HubTests
{
    public static async Task RunAsync()
    {
        var command = Environment.GetEnvironmentVariable("MOCK_IOT_HUB") ?? "npx mock-iot-hub";
        var address = Environment.GetEnvironmentVariable("EXAMPLE_ADDRESS") ?? "127.0.0.2";
        // SSL_CERT_FILE is read once: this process must have the CA of the folder before it begins.
        var line = $"exec {command} --json --listen {address} --mqtt-port 8883 --control-port 0 --no-amqp --device thermostat";
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true })!;
        try
        {
            // The first line that a hub prints describes it.
            var hub = JsonDocument.Parse((await process.StandardOutput.ReadLineAsync())!).RootElement;
            using var control = new HttpClient { BaseAddress = new Uri(hub.GetProperty("controlUrl").GetString()!) };
            var device = hub.GetProperty("devices")[0].GetProperty("connectionString").GetString();

            // Telemetry survives a connection that breaks instead of an acknowledgement.
            using var client = DeviceClient.CreateFromConnectionString(device, TransportType.Mqtt_Tcp_Only);
            await client.OpenAsync();
            var armed = await control.PostAsJsonAsync("/faults", new { name = "mqtt.puback.close" });
            var fault = (await armed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            await client.SendEventAsync(new Message(Encoding.UTF8.GetBytes("hello")));
            var after = await control.GetFromJsonAsync<JsonElement>($"/faults/{fault}");
            Check(after.GetProperty("fired").GetInt32() == 1, "the fault has fired");
            await CheckTelemetry(control, "hello"); // QoS 1: at least once

            // A token that expires: the SDK connects again with a new one, made from the key.
            await control.PostAsync("/devices/thermostat/expire-token", null);
            await client.SendEventAsync(new Message(Encoding.UTF8.GetBytes("back again")));
            await CheckTelemetry(control, "back again");
            await client.CloseAsync();

            // A device whose clock is two hours late is refused, until its tokens live longer.
            await control.PostAsJsonAsync("/clock/offset", new { by = "2h" }); // the hub's clock, not the device's
            Check(!await Opens(device, TimeSpan.FromHours(1)), "a token that has expired is refused");
            Check(await Opens(device, TimeSpan.FromHours(3)), "one that lives longer is accepted");
        }
        finally
        {
            Process.Start("kill", process.Id.ToString()).WaitForExit();
            process.WaitForExit();
        }
    }

    private static async Task<bool> Opens(string? device, TimeSpan life)
    {
        using var client = DeviceClient.CreateFromConnectionString(
            device, TransportType.Mqtt_Tcp_Only, new ClientOptions { SasTokenTimeToLive = life });
        client.SetRetryPolicy(new NoRetry());
        try
        {
            await client.OpenAsync();
            await client.CloseAsync();
            return true;
        }
        catch (UnauthorizedException)
        {
            return false;
        }
    }

    private static async Task CheckTelemetry(HttpClient control, string body)
    {
        var all = await control.GetFromJsonAsync<JsonElement>("/telemetry");
        Check(all.EnumerateArray().Any(message => message.GetProperty("body").GetString() == body), $"{body} has arrived");
    }

    private static void Check(bool holds, string what) => Console.WriteLine(holds ? $"ok: {what}" : throw new InvalidOperationException($"not so: {what}"));
}
