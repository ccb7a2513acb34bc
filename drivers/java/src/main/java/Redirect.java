import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Redirects connections from ports 8883 and 443 to the hub of the scenario, byte by byte. The SDK fixes both ports
 * (docs/contract/reference/sdks.md#sdks-hosts), and each scenario has its own hub on free ports. TLS runs between the SDK and
 * the hub.
 */
final class Redirect {
    private static volatile int mqttPort;
    private static volatile int httpsPort;
    private static boolean listening;

    static synchronized void leadTo(int mqtt, int https) throws IOException {
        mqttPort = mqtt;
        httpsPort = https;
        if (listening) return;
        listening = true;
        listen(8883);
        try {
            listen(443);
        } catch (IOException error) {
            System.err.println("port 443 cannot be had: no WebSocket, no HTTPS");
        }
    }

    private static void listen(int port) throws IOException {
        ServerSocket server = new ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"));
        start(() -> {
            while (true) {
                Socket client = server.accept();
                try {
                    Socket hub = new Socket("127.0.0.1", port == 443 ? httpsPort : mqttPort);
                    start(() -> pipe(client, hub));
                    start(() -> pipe(hub, client));
                } catch (IOException refused) {
                    client.setSoLinger(true, 0);
                    client.close();
                }
            }
        });
    }

    private static void pipe(Socket from, Socket to) throws IOException {
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[65536];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) out.write(buffer, 0, count);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException over) {
                // the other side has closed, so this side closes too
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
