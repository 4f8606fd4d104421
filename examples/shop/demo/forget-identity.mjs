/** Takes the device's identity out of the system's keychain. */
import keytar from "keytar";

await keytar.deletePassword("coffer", "identity");
