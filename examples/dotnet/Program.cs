// dotnet run -- device | backend | tests
switch (args.FirstOrDefault())
{
    case "device": await DeviceExample.RunAsync(); break;
    case "backend": await BackendExample.RunAsync(); break;
    case "tests": await HubTests.RunAsync(); break;
    default: throw new ArgumentException("expected device, backend or tests");
}
