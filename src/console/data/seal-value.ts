/**
 * Encrypts a value in the browser, so that only writers of the environment can read it (docs/protocol.md, "Values from the
 * console"): AES-256-GCM under a new key, which HPKE (RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-128-GCM) seals for each writer. All primitives are the browser's own.
 */
import type {
	FILLED_VALUE_INFO,
	FilledValue,
	filledValueContext,
} from "../../protocol/secret-requests/messages.ts";

/** The types make sure that they are the protocol's, whose module would bring a validator along. */
const INFO: typeof FILLED_VALUE_INFO = "coffer/filled-value/1";
type Place = Parameters<typeof filledValueContext>[0];
const contextOf = ({ environment, id, name, vaultId }: Place): string =>
	JSON.stringify([vaultId, environment, name, id]);

type Bytes = Uint8Array<ArrayBuffer>;

/** The lengths of values that the platform can tell apart are multiples of this. */
const PAD_BYTES = 256;
const LENGTH_BYTES = 4;
const HASH_BYTES = 32;

const encoder = new TextEncoder();
const utf8 = (text: string): Bytes => encoder.encode(text);
const NOTHING: Bytes = new Uint8Array();

function concat(...parts: readonly Uint8Array[]): Bytes {
	const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}

const KEM_SUITE = concat(utf8("KEM"), Uint8Array.of(0x00, 0x20));
const HPKE_SUITE = concat(utf8("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x01));
const VERSION = utf8("HPKE-v1");

function toBase64(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += 0x8000)
		text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
	return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The bytes of base64url without padding. @throws TypeError for any other text, and for one that is not in its one form */
function fromBase64(text: string): Bytes {
	const out = new Uint8Array(Math.floor((text.length * 3) / 4));
	let [bits, held, at] = [0, 0, 0];
	for (const character of text) {
		held = (held << 6) | DIGITS.indexOf(character);
		bits += 6;
		if (bits < 8) continue;
		bits -= 8;
		out[at++] = held >> bits;
		held &= (1 << bits) - 1;
	}
	if (toBase64(out) !== text) throw new TypeError("The platform sent a key that is not base64.");
	return out;
}

async function hmac(key: Bytes, content: Bytes): Promise<Bytes> {
	// An empty key is the same as one of zeros, and browsers do not import empty ones.
	const raw = key.length === 0 ? new Uint8Array(HASH_BYTES) : key;
	const imported = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, [
		"sign",
	]);
	return new Uint8Array(await crypto.subtle.sign("HMAC", imported, content));
}

const extract = (suite: Bytes, salt: Bytes, label: string, input: Bytes): Promise<Bytes> =>
	hmac(salt, concat(VERSION, suite, utf8(label), input));

interface Wanted {
	readonly info: Bytes;
	/** At most 32: one block. */
	readonly bytes: number;
}

async function expand(suite: Bytes, key: Bytes, label: string, { bytes, info }: Wanted): Promise<Bytes> {
	const input = concat(Uint8Array.of(0, bytes), VERSION, suite, utf8(label), info, Uint8Array.of(1));
	return (await hmac(key, input)).slice(0, bytes);
}

async function sealGcm(key: Bytes, nonce: Bytes, aad: Bytes, content: Bytes): Promise<Bytes> {
	const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
	const options = { name: "AES-GCM", iv: nonce, additionalData: aad };
	return new Uint8Array(await crypto.subtle.encrypt(options, imported, content));
}

/** Seals a message for an X25519 key with HPKE in base mode. */
async function sealHpke(to: Bytes, info: Bytes, aad: Bytes, content: Bytes) {
	const recipient = await crypto.subtle.importKey("raw", to, "X25519", false, []);
	const own = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
	if (!("publicKey" in own)) throw new TypeError("The browser made no pair of keys.");
	const enc = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
	const algorithm = { name: "X25519", public: recipient };
	const shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, own.privateKey, 256));
	const prk = await extract(KEM_SUITE, NOTHING, "eae_prk", shared);
	const secret = await expand(KEM_SUITE, prk, "shared_secret", { info: concat(enc, to), bytes: 32 });
	const schedule = concat(
		Uint8Array.of(0),
		await extract(HPKE_SUITE, NOTHING, "psk_id_hash", NOTHING),
		await extract(HPKE_SUITE, NOTHING, "info_hash", info),
	);
	const base = await extract(HPKE_SUITE, secret, "secret", NOTHING);
	const key = await expand(HPKE_SUITE, base, "key", { info: schedule, bytes: 16 });
	const nonce = await expand(HPKE_SUITE, base, "base_nonce", { info: schedule, bytes: 12 });
	return { enc, sealed: await sealGcm(key, nonce, aad, content) };
}

/** Whether this browser has what `sealValue` needs. It has not without TLS, except on this machine. */
export async function canSeal(): Promise<boolean> {
	if (crypto.subtle === undefined) return false;
	return await crypto.subtle.generateKey("X25519", false, ["deriveBits"]).then(
		() => true,
		() => false,
	);
}

/**
 * Encrypts a value for the holders of X25519 keys.
 * @param place what the value is for: nobody can use it for something else
 * @param boxes the keys, base64
 */
export async function sealValue(
	value: string,
	place: Place,
	boxes: readonly string[],
): Promise<Pick<FilledValue, "keys" | "value">> {
	const aad = utf8(contextOf(place));
	const text = utf8(value);
	const content = new Uint8Array(Math.ceil((LENGTH_BYTES + text.length) / PAD_BYTES) * PAD_BYTES);
	new DataView(content.buffer).setUint32(0, text.length);
	content.set(text, LENGTH_BYTES);
	const key = crypto.getRandomValues(new Uint8Array(32));
	// The key is used once, so its nonce may be fixed.
	const sealed = await sealGcm(key, new Uint8Array(12), aad, content);
	const keys = await Promise.all(
		boxes.map(async (box) => {
			const each = await sealHpke(fromBase64(box), utf8(INFO), aad, key);
			return { box, enc: toBase64(each.enc), key: toBase64(each.sealed) };
		}),
	);
	return { value: toBase64(sealed), keys };
}
