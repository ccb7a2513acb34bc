using System.Text;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Azure.Devices.Client;
using Microsoft.Azure.Devices.Client.Transport;
using Microsoft.Azure.Devices.Shared;

/// <summary>A device: telemetry, its twin, a direct method, a message from the cloud, a file upload.</summary>
public static class DeviceExample
{
    public static async Task RunAsync()
    {
        var connectionString = Environment.GetEnvironmentVariable("IOTHUB_DEVICE_CONNECTION_STRING");
        var rebooted = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        var configured = new TaskCompletionSource();
        var wait = TimeSpan.FromSeconds(30);

        using var client = DeviceClient.CreateFromConnectionString(connectionString, TransportType.Mqtt_Tcp_Only);
        await client.OpenAsync();
        await client.SetMethodHandlerAsync("reboot", (request, _) =>
        {
            Console.WriteLine($"method {request.Name} {request.DataAsJson}");
            rebooted.TrySetResult();
            return Task.FromResult(new MethodResponse(Encoding.UTF8.GetBytes("{\"rebooting\":true}"), 200));
        }, null);
        await client.SetReceiveMessageHandlerAsync(async (received, _) =>
        {
            Console.WriteLine($"message from the cloud: {Encoding.UTF8.GetString(received.GetBytes())}");
            await client.CompleteAsync(received);
            told.TrySetResult();
        }, null);

        async Task Configure(TwinCollection desired)
        {
            if (!desired.Contains("interval") || configured.Task.IsCompleted) return;
            int interval = desired["interval"];
            Console.WriteLine($"desired interval {interval}");
            await client.UpdateReportedPropertiesAsync(new TwinCollection { ["interval"] = interval });
            configured.TrySetResult();
        }
        await client.SetDesiredPropertyUpdateCallbackAsync((desired, _) => Configure(desired), null);

        // Telemetry.
        using var message = new Message(Encoding.UTF8.GetBytes("{\"temperature\":21.5}"))
        {
            ContentType = "application/json",
            ContentEncoding = "utf-8",
        };
        message.Properties.Add("alert", "false");
        await client.SendEventAsync(message);
        Console.WriteLine("telemetry sent");

        // A patch may have come before the callback, so the device reads the whole twin once.
        await Configure((await client.GetTwinAsync()).Properties.Desired);

        // A file: the hub names the blob, the storage takes it, the hub is told.
        var upload = await client.GetFileUploadSasUriAsync(new FileUploadSasUriRequest { BlobName = "log.txt" });
        using var file = new MemoryStream(Encoding.UTF8.GetBytes("a line of the log\n"));
        await new BlockBlobClient(upload.GetBlobUri()).UploadAsync(file);
        await client.CompleteFileUploadAsync(new FileUploadCompletionNotification
        {
            CorrelationId = upload.CorrelationId,
            IsSuccess = true,
            StatusCode = 200,
        });
        Console.WriteLine("file uploaded");

        await Task.WhenAll(rebooted.Task, told.Task, configured.Task).WaitAsync(wait);
        await client.CloseAsync();
        Console.WriteLine("device: done");
    }
}
