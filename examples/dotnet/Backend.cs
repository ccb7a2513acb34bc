using System.Text;
using Azure.Messaging.EventHubs.Consumer;
using Microsoft.Azure.Devices;

/// <summary>A back end: reads events, sets desired properties, calls a method, sends a message to the device.</summary>
public static class BackendExample
{
    public static async Task RunAsync()
    {
        var hub = Environment.GetEnvironmentVariable("IOTHUB_CONNECTION_STRING");
        var events = Environment.GetEnvironmentVariable("EVENTHUB_CONNECTION_STRING");
        var device = Environment.GetEnvironmentVariable("IOTHUB_DEVICE_CONNECTION_STRING")!;
        var deviceId = device.Split(';').First(part => part.StartsWith("DeviceId="))["DeviceId=".Length..];

        // Events of the Event Hubs-compatible endpoint, from the first one on.
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using (var reader = new EventHubConsumerClient(EventHubConsumerClient.DefaultConsumerGroupName, events))
        {
            await foreach (var read in reader.ReadEventsAsync(startReadingAtEarliestEvent: true, cancellationToken: late.Token))
            {
                var body = read.Data.EventBody.ToString();
                Console.WriteLine($"event of {read.Data.SystemProperties["iothub-connection-device-id"]} {body}");
                if (body.Contains("temperature")) break;
            }
        }

        using var registry = RegistryManager.CreateFromConnectionString(hub);
        await registry.UpdateTwinAsync(deviceId, "{\"properties\":{\"desired\":{\"interval\":5}}}", "*");

        using var service = ServiceClient.CreateFromConnectionString(hub);
        var method = new CloudToDeviceMethod("reboot") { ConnectionTimeout = TimeSpan.FromSeconds(30) };
        method.SetPayloadJson("{\"delay\":1}");
        var answer = await service.InvokeDeviceMethodAsync(deviceId, method);
        Console.WriteLine($"method answered {answer.Status} {answer.GetPayloadAsJson()}");
        await service.SendAsync(deviceId, new Message(Encoding.UTF8.GetBytes("hello from the cloud")));
        await service.CloseAsync();
        Console.WriteLine("back end: done");
    }
}
