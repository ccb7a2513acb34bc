import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.device.*;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.twin.TwinCollection;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Converts values between the SDK and the driver protocol. */
final class Values {
    static JsonObject sectionOf(TwinCollection collection) {
        JsonObject section = collection.toJsonElement().getAsJsonObject();
        section.addProperty("$version", collection.getVersion());
        return section;
    }

    static JsonObject messageOf(Message message) {
        JsonObject data = new JsonObject();
        data.addProperty("text", new String(message.getBytes(), StandardCharsets.UTF_8));
        data.addProperty("isBytes", true);
        if (message.getMessageId() != null) data.addProperty("messageId", message.getMessageId());
        if (message.getCorrelationId() != null) data.addProperty("correlationId", message.getCorrelationId());
        if (message.getUserId() != null) data.addProperty("userId", message.getUserId());
        if (message.getContentType() != null) data.addProperty("contentType", message.getContentType());
        if (message.getContentEncoding() != null) data.addProperty("contentEncoding", message.getContentEncoding());
        if (message.getInputName() != null) data.addProperty("inputName", message.getInputName());
        JsonObject properties = new JsonObject();
        for (MessageProperty property : message.getProperties()) properties.addProperty(property.getName(), property.getValue());
        data.add("properties", properties);
        return data;
    }

    static Message messageFrom(JsonObject given) throws Unsupported {
        if (given.has("as") && !"message".equals(given.get("as").getAsString())) throw new Unsupported("the SDK takes messages alone");
        Message message = new Message(Base64.getDecoder().decode(given.get("body").getAsString()));
        if (given.has("messageId")) message.setMessageId(given.get("messageId").getAsString());
        if (given.has("correlationId")) message.setCorrelationId(given.get("correlationId").getAsString());
        if (given.has("userId")) message.setUserId(given.get("userId").getAsString());
        if (given.has("contentType")) message.setContentType(given.get("contentType").getAsString());
        if (given.has("contentEncoding")) message.setContentEncoding(given.get("contentEncoding").getAsString());
        JsonArray properties = given.has("properties") ? given.getAsJsonArray("properties") : new JsonArray();
        for (JsonElement pair : properties) {
            JsonElement value = pair.getAsJsonArray().get(1);
            message.setProperty(pair.getAsJsonArray().get(0).getAsString(), value.isJsonNull() ? null : value.getAsString());
        }
        return message;
    }

    static JsonObject errorOf(Throwable error) {
        String kind = "other";
        if (error instanceof IotHubClientException) {
            IotHubStatusCode status = ((IotHubClientException) error).getStatusCode();
            switch (status) {
                case UNAUTHORIZED: kind = "credential"; break;
                case IO_ERROR: kind = "connectionFailed"; break;
                case MESSAGE_CANCELLED_ONCLOSE: kind = "cancelled"; break;
                case DEVICE_OPERATION_TIMED_OUT: case MESSAGE_EXPIRED: kind = "timeout"; break;
                default: kind = "clientInternal";
            }
        } else if (error instanceof IllegalArgumentException) kind = "argument";
        else if (error instanceof IllegalStateException) kind = "noConnection";
        else if (error instanceof NullPointerException || error instanceof ClassCastException) kind = "argumentType";
        JsonObject nativeError = new JsonObject();
        nativeError.addProperty("type", error.getClass().getSimpleName());
        nativeError.addProperty("message", String.valueOf(error.getMessage()));
        JsonObject described = new JsonObject();
        described.addProperty("kind", kind);
        described.add("native", nativeError);
        return described;
    }
}
