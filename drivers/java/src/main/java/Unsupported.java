/** The SDK has no equivalent. */
final class Unsupported extends Exception {
    Unsupported(String reason) {
        super(reason);
    }
}
