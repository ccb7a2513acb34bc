/** The SDK has nothing like it. */
final class Unsupported extends Exception {
    Unsupported(String reason) {
        super(reason);
    }
}
