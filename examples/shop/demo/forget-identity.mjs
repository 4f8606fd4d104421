/** Removes the device's identity from the system's keychain. */
import keytar from "keytar";

await keytar.deletePassword("coffer", "identity");
