package io.github.agentcompaction.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Turns names of any characters and length into keys that every store tells apart. */
public final class StoreKeys {

    /** The longest key, in characters. */
    public static final int MAX_LENGTH = 200;

    private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    private StoreKeys() {}

    /**
     * Encodes a name: letters, digits, dots, dashes and underscores stay, each other byte of its UTF-8 form becomes a percent
     * sign and two hexadecimal digits. A key that would be too long is cut and ends in a tilde and the name's SHA-256. An
     * unpaired surrogate, which UTF-8 does not have, becomes {@code %u} and four hexadecimal digits.
     *
     * @param name the name
     * @return ASCII characters only; equal exactly for equal names
     */
    public static String encode(String name) {
        StringBuilder key = new StringBuilder(name.length() + 16);
        name.codePoints().forEach(c -> append(key, c));
        if (key.length() > MAX_LENGTH) {
            String hash = "~" + Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(key));
            key.setLength(MAX_LENGTH - hash.length());
            key.append(hash);
        }
        return key.toString();
    }

    private static void append(StringBuilder key, int codePoint) {
        if (PLAIN.indexOf(codePoint) >= 0) {
            key.appendCodePoint(codePoint);
        } else if (Character.getType(codePoint) == Character.SURROGATE) {
            key.append(String.format("%%u%04X", codePoint));
        } else {
            for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
                key.append(String.format("%%%02X", b));
            }
        }
    }

    private static byte[] sha256(CharSequence key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.toString().getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
