/**
 * Opens a value that a browser has encrypted for the writers of an environment (docs/protocol.md, "Values from the
 * console"). The value is encrypted with AES-256-GCM under a key of its own, and that key with HPKE (RFC 9180: base mode,
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM) for the X25519 key of each writer.
 */
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { concat, fromUtf8, utf8, wipe } from "../bytes.ts";
import { fromBase64, type KeyPair, PUBLIC_KEY_BYTES, toBase64 } from "../crypto.ts";
import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT } from "../errors.ts";
import {
	FILLED_VALUE_INFO,
	type FilledValue,
	filledValueContext,
} from "../protocol/secret-requests/messages.ts";

const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const CONTENT_NONCE = new Uint8Array(12);
/** What comes before a raw key in its DER encoding (RFC 8410). */
const PRIVATE_DER = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_DER = Buffer.from("302a300506032b656e032100", "hex");

const KEM_SUITE = concat(utf8("KEM"), Uint8Array.of(0x00, 0x20));
const HPKE_SUITE = concat(utf8("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x01));
const VERSION = utf8("HPKE-v1");
const NOTHING = new Uint8Array();

function hmac(key: Uint8Array, content: Uint8Array): Uint8Array {
	return createHmac("sha256", key).update(content).digest();
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Uint8Array {
	return hmac(salt, concat(VERSION, suite, utf8(label), input));
}

/** @param bytes at most 32: one block */
function expand(
	suite: Uint8Array,
	key: Uint8Array,
	label: string,
	{ bytes, info }: { readonly info: Uint8Array; readonly bytes: number },
): Uint8Array {
	const length = Uint8Array.of(0, bytes);
	return hmac(key, concat(length, VERSION, suite, utf8(label), info, Uint8Array.of(1))).subarray(0, bytes);
}

function openGcm(
	algorithm: "aes-128-gcm" | "aes-256-gcm",
	key: Uint8Array,
	{
		aad,
		nonce,
		sealed,
	}: { readonly nonce: Uint8Array; readonly aad: Uint8Array; readonly sealed: Uint8Array },
): Uint8Array | undefined {
	if (sealed.length < TAG_BYTES) return undefined;
	const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
	decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
	const content = decipher.update(sealed.subarray(0, -TAG_BYTES));
	try {
		decipher.final();
		return content;
	} catch {
		return undefined;
	}
}

/** What was sealed with HPKE. */
export interface Sealed {
	/** The sender's public key of this message: 32 bytes. */
	readonly enc: Uint8Array;
	readonly sealed: Uint8Array;
	readonly info: Uint8Array;
	readonly aad: Uint8Array;
}

/** Opens a message that was sealed with HPKE in base mode. @returns undefined if it was not sealed for these keys */
export function openHpke({ aad, enc, info, sealed }: Sealed, keys: KeyPair): Uint8Array | undefined {
	let shared: Uint8Array;
	try {
		const privateKey = createPrivateKey({
			key: Buffer.concat([PRIVATE_DER, keys.privateKey]),
			format: "der",
			type: "pkcs8",
		});
		const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC_DER, enc]), format: "der", type: "spki" });
		shared = diffieHellman({ privateKey, publicKey });
	} catch {
		// It is no point of the curve, or one of low order.
		return undefined;
	}
	const prk = extract(KEM_SUITE, NOTHING, "eae_prk", shared);
	const context = concat(enc, keys.publicKey);
	const secret = expand(KEM_SUITE, prk, "shared_secret", { info: context, bytes: 32 });
	const schedule = concat(
		Uint8Array.of(0),
		extract(HPKE_SUITE, NOTHING, "psk_id_hash", NOTHING),
		extract(HPKE_SUITE, NOTHING, "info_hash", info),
	);
	const base = extract(HPKE_SUITE, secret, "secret", NOTHING);
	const key = expand(HPKE_SUITE, base, "key", { info: schedule, bytes: 16 });
	const nonce = expand(HPKE_SUITE, base, "base_nonce", { info: schedule, bytes: 12 });
	return openGcm("aes-128-gcm", key, { nonce, aad, sealed });
}

type Place = Parameters<typeof filledValueContext>[0];

function invalid({ environment, name }: Place): AppError {
	const discard = inEnvironment(`coffer requests accept ${name} --discard`, environment);
	return new AppError({
		code: "FILLED_VALUE_INVALID",
		message: "The value from the console was not encrypted for this device and this request, or was changed.",
		hint: `Nothing was changed. Discard it with '${discard}', and ask for the value again. If a member was added or changed after it was filled in, that is the reason.`,
		exit: EXIT.integrity,
	});
}

/** The text in a padded content: its length, the text, zeros. */
function unpadded(content: Uint8Array): string | undefined {
	if (content.length < LENGTH_BYTES) return undefined;
	const length = Buffer.from(content).readUInt32BE(0);
	const isWhole = length <= content.length - LENGTH_BYTES;
	return isWhole ? fromUtf8(content.subarray(LENGTH_BYTES, LENGTH_BYTES + length)) : undefined;
}

/**
 * The value that a browser has encrypted for this identity.
 * @param place what the value is for, as this device knows it
 * @throws AppError `FILLED_VALUE_INVALID` (exit 7)
 */
export function openFilledValue(
	{ keys, value }: Pick<FilledValue, "keys" | "value">,
	place: Place,
	box: KeyPair,
): string {
	const aad = utf8(filledValueContext(place));
	const own = keys.find((each) => each.box === toBase64(box.publicKey));
	const [enc, sealedKey, sealed] = [own?.enc ?? "", own?.key ?? "", value].map(fromBase64);
	if (!enc || !sealedKey || !sealed || enc.length !== PUBLIC_KEY_BYTES) throw invalid(place);
	const key = openHpke({ enc, sealed: sealedKey, info: utf8(FILLED_VALUE_INFO), aad }, box);
	const isKey = key?.length === 32;
	const content = isKey ? openGcm("aes-256-gcm", key, { nonce: CONTENT_NONCE, aad, sealed }) : undefined;
	if (key) wipe(key);
	const text = content && unpadded(content);
	if (content) wipe(content);
	if (text === undefined) throw invalid(place);
	return text;
}
