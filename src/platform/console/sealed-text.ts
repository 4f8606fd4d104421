/**
 * Texts that the platform gives to a browser and gets back: it recognises its own, and does not have to store them. Every
 * node of a platform has the same key.
 */
import { equalBytes, lengthPrefixed } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";

const KEY_DOMAIN = "coffer/console-key/1";

/** The key for the texts of the console. @param stateKey 32 bytes of the platform's identity */
export function consoleKey(stateKey: Uint8Array): Uint8Array {
	return hash(lengthPrefixed(KEY_DOMAIN), stateKey);
}

function codeOf(kind: string, fields: readonly string[], key: Uint8Array): Uint8Array {
	return hash(lengthPrefixed(kind, ...fields), key);
}

/**
 * Writes fields as a text that `readText` accepts.
 * @param kind what the text is for. A text of one kind is not valid as another.
 * @param fields of base64url characters and underscores
 */
export function writeText(kind: string, fields: readonly string[], key: Uint8Array): string {
	return [...fields, toBase64(codeOf(kind, fields, key))].join(".");
}

/** The fields of a text. Undefined if `writeText` did not make it with this kind and key. */
export function readText(kind: string, text: string, key: Uint8Array): readonly string[] | undefined {
	const fields = text.split(".");
	const code = fromBase64(fields.pop() ?? "");
	return code !== undefined && equalBytes(code, codeOf(kind, fields, key)) ? fields : undefined;
}
