/**
 * The only module that uses libsodium. All other code calls functions for sealing, signing and hashing, and names no
 * algorithm. Call `await cryptoReady` once before anything else here.
 *
 * Algorithms (docs/format.md, "Primitives"): XChaCha20-Poly1305-IETF, Ed25519, X25519 sealed boxes, BLAKE2b-256,
 * ISO/IEC 7816-4 padding, url-safe base64 without padding. A device's own memory is hashed with Node's SHA-256, which
 * takes a tenth of the time that BLAKE2b takes in WebAssembly.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import sodium from "libsodium-wrappers";
import { isBase64Text } from "./bytes.ts";
import { NativeVerifier } from "./native-ed25519.ts";

/** Resolves once libsodium's WebAssembly is loaded. */
export const cryptoReady: Promise<void> = sodium.ready;

export const KEY_BYTES = 32;
export const NONCE_BYTES = 24;
export const HASH_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const PUBLIC_KEY_BYTES = 32;
/** The bytes that a sealed box adds to its content: an ephemeral public key and a tag. */
export const SEALED_BOX_OVERHEAD_BYTES = 48;
/** The bytes that `seal` adds to its padded content: nonce and tag. */
export const SEAL_OVERHEAD_BYTES = NONCE_BYTES + 16;

/** The number of signatures that Node's threads check at the same time. */
const LANES = 32;

/** libsodium throws for a wrong length or a failed check. Here both become `undefined`. */
function attempt<T>(operation: () => T): T | undefined {
	try {
		return operation();
	} catch {
		return undefined;
	}
}

/** Random bytes from the operating system. */
export function randomBytes(bytes: number): Uint8Array {
	return sodium.randombytes_buf(bytes);
}

/** BLAKE2b-256 of the content. With a 32-byte key it is a MAC. */
export function hash(content: Uint8Array | string, key?: Uint8Array): Uint8Array {
	// libsodium's own conversion of a string takes longer than the hash.
	const bytes = typeof content === "string" ? Buffer.from(content) : content;
	return sodium.crypto_generichash(HASH_BYTES, bytes, key ?? null);
}

/** SHA-256 of a large content, by Node. */
export function hashLarge(content: Uint8Array | string): Uint8Array {
	return createHash("sha256").update(content).digest();
}

/** A MAC over the parts of a large content, one after the other, by Node: HMAC with SHA-256. */
export function macLarge(parts: readonly (Uint8Array | string)[], key: Uint8Array): Uint8Array {
	const mac = createHmac("sha256", key);
	for (const part of parts) mac.update(part);
	return mac.digest();
}

/** Url-safe base64 without padding. */
export function toBase64(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/**
 * Decodes strict url-safe base64. @returns undefined for any other text: other characters, padding, or unused bits that
 * are not zero
 */
export function fromBase64(text: string): Uint8Array | undefined {
	if (text === "") return new Uint8Array(0);
	// Node's decoder accepts any text, so the text is checked first. The bytes get their own memory: Node's pool
	// of small buffers would keep a copy of a key after it is wiped.
	if (!isBase64Text(text)) return undefined;
	const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
	Buffer.from(bytes.buffer).write(text, "base64url");
	return bytes;
}

/**
 * Seals content under a 32-byte key with XChaCha20-Poly1305-IETF and a fresh random nonce.
 * @returns nonce ‖ ciphertext ‖ tag
 */
export function seal(content: Uint8Array, associated: Uint8Array, key: Uint8Array): Uint8Array {
	const nonce = sodium.randombytes_buf(NONCE_BYTES);
	const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(content, associated, null, nonce, key);
	const out = new Uint8Array(NONCE_BYTES + sealed.length);
	out.set(nonce);
	out.set(sealed, NONCE_BYTES);
	return out;
}

/** Opens what `seal` returned. @returns undefined if key, associated data or content do not match */
export function open(sealed: Uint8Array, associated: Uint8Array, key: Uint8Array): Uint8Array | undefined {
	if (sealed.length < SEAL_OVERHEAD_BYTES) return undefined;
	return attempt(() =>
		sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
			null,
			sealed.subarray(NONCE_BYTES),
			associated,
			sealed.subarray(0, NONCE_BYTES),
			key,
		),
	);
}

/** Pads content to a multiple of `bucket` bytes (ISO/IEC 7816-4: 0x80, then zeros; always at least one byte). */
export function pad(content: Uint8Array, bucket: number): Uint8Array {
	return sodium.pad(content, bucket);
}

/** Removes padding. @returns undefined if there is none */
export function unpad(padded: Uint8Array, bucket: number): Uint8Array | undefined {
	return attempt(() => sodium.unpad(padded, bucket));
}

export interface KeyPair {
	readonly publicKey: Uint8Array;
	readonly privateKey: Uint8Array;
}

/** The Ed25519 key pair of a 32-byte seed. */
export function signingKeyPair(seed: Uint8Array): KeyPair {
	const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
	return { publicKey, privateKey };
}

/** The X25519 key pair of a 32-byte seed. */
export function boxKeyPair(seed: Uint8Array): KeyPair {
	const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(seed);
	return { publicKey, privateKey };
}

/** Subkey `id` of a 32-byte seed in an 8-character context (libsodium's `crypto_kdf`, BLAKE2b). */
export function deriveKey(seed: Uint8Array, context: string, id: number): Uint8Array {
	return sodium.crypto_kdf_derive_from_key(KEY_BYTES, id, context, seed);
}

/** A detached Ed25519 signature, 64 bytes. */
export function sign(content: Uint8Array, privateKey: Uint8Array): Uint8Array {
	return sodium.crypto_sign_detached(content, privateKey);
}

/** Whether the signature over the content was made with the private key of this public key. */
export function verify(signature: Uint8Array, content: Uint8Array, publicKey: Uint8Array): boolean {
	return attempt(() => sodium.crypto_sign_verify_detached(signature, content, publicKey)) ?? false;
}

/** One signature to check. */
export interface SignatureCheck {
	readonly signature: Uint8Array;
	readonly content: Uint8Array;
	readonly publicKey: Uint8Array;
}

/**
 * Checks many signatures on all cores. Node's Ed25519 runs in a pool of threads. A signature that it does not
 * accept is checked again by libsodium, which decides.
 * @param signedOf returns the check for an item; undefined if its signature cannot be valid
 * @returns a verdict for each item, in the same order
 */
export async function verifyAll<T>(
	items: readonly T[],
	signedOf: (item: T) => SignatureCheck | undefined,
): Promise<boolean[]> {
	const native = new NativeVerifier();
	const verdicts = new Array<boolean>(items.length).fill(false);
	const entries = items.entries();
	// Several checks at a time keep the threads busy. All at once would hold a copy of every content.
	const lane = async () => {
		for (const [index, item] of entries) {
			const signed = signedOf(item);
			if (!signed) continue;
			const { signature, content, publicKey } = signed;
			verdicts[index] = (await native.accepts(signed)) || verify(signature, content, publicKey);
		}
	};
	await Promise.all(Array.from({ length: LANES }, lane));
	return verdicts;
}

/**
 * Seals content so that only the owner of the box key can open it. The sender stays anonymous.
 * @returns undefined if the key is not 32 bytes, or is one of the few points for which anybody can compute the shared
 *   secret
 */
export function sealTo(content: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
	return attempt(() => sodium.crypto_box_seal(content, publicKey));
}

/** Opens what `sealTo` returned. @returns undefined if it was sealed for another key, or was altered */
export function openFrom(sealed: Uint8Array, keys: KeyPair): Uint8Array | undefined {
	return attempt(() => sodium.crypto_box_seal_open(sealed, keys.publicKey, keys.privateKey));
}
