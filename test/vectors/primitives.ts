/**
 * The primitives of docs/format.md, sections 1 and 11, written from the specification and libsodium alone, for the
 * writer of the vectors and the second reader. Neither this file nor the files that import it use Coffer's own code.
 */
import sodium from "libsodium-wrappers";

await sodium.ready;

export interface KeyPair {
	readonly publicKey: Uint8Array;
	readonly privateKey: Uint8Array;
}

export const base64 = (raw: Uint8Array): string =>
	sodium.to_base64(raw, sodium.base64_variants.URLSAFE_NO_PADDING);

/** Decodes strict base64 of the given length; undefined if the text is anything else. */
export function bytesOf(text: string | undefined, length: number): Uint8Array | undefined {
	if (text === undefined || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
	try {
		const raw = sodium.from_base64(text, sodium.base64_variants.URLSAFE_NO_PADDING);
		return raw.length === length && base64(raw) === text ? raw : undefined;
	} catch {
		return undefined;
	}
}

export function fields(...texts: readonly (string | number)[]): Buffer {
	const parts = texts.map((text) => {
		const content = Buffer.from(String(text));
		const length = Buffer.alloc(4);
		length.writeUInt32BE(content.length);
		return Buffer.concat([length, content]);
	});
	return Buffer.concat(parts);
}

export const blake2b = (content: Uint8Array, key: Uint8Array | null = null): Uint8Array =>
	sodium.crypto_generichash(32, content, key);

export const linkHash = (line: string): string => base64(blake2b(fields("coffer/link-hash/1", line)));

export const recordDigest = (name: string, body: string): string =>
	base64(blake2b(fields("coffer/record-digest/1", name, body)));

export const commitmentOf = (key: Uint8Array, vaultId: string, environment: string, epoch: string): string =>
	base64(blake2b(fields("coffer/commitment/1", vaultId, environment, epoch), key));

export function encrypt(
	nonce: Uint8Array,
	content: Uint8Array,
	associated: Uint8Array,
	key: Uint8Array,
): Uint8Array {
	const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(content, associated, null, nonce, key);
	return Buffer.concat([nonce, sealed]);
}

export function decrypt(sealed: Uint8Array, associated: Uint8Array, key: Uint8Array): Uint8Array | undefined {
	const [nonce, content] = [sealed.subarray(0, 24), sealed.subarray(24)];
	try {
		return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, content, associated, nonce, key);
	} catch {
		return undefined;
	}
}

/** A sealed box like that of `crypto_box_seal`, but with an ephemeral key from a seed. */
export function sealedBox(content: Uint8Array, box: Uint8Array, seed: Uint8Array): Uint8Array {
	const ephemeral = sodium.crypto_box_seed_keypair(seed);
	const nonce = sodium.crypto_generichash(24, Buffer.concat([ephemeral.publicKey, box]), null);
	const sealed = sodium.crypto_box_easy(content, nonce, box, ephemeral.privateKey);
	return Buffer.concat([ephemeral.publicKey, sealed]);
}

export function openBox(sealed: Uint8Array, { publicKey, privateKey }: KeyPair): Uint8Array | undefined {
	try {
		return sodium.crypto_box_seal_open(sealed, publicKey, privateKey);
	} catch {
		return undefined;
	}
}

export const signatureOf = (content: Uint8Array, { privateKey }: KeyPair): Uint8Array =>
	sodium.crypto_sign_detached(content, privateKey);

export function verifies(signature: Uint8Array, content: Uint8Array, publicKey: Uint8Array): boolean {
	try {
		return sodium.crypto_sign_verify_detached(signature, content, publicKey);
	} catch {
		return false;
	}
}

/** One `0x80`, then zeros, up to the next multiple of 64. */
export function padded(content: Uint8Array): Buffer {
	const padding = Buffer.alloc(64 - (content.length % 64));
	padding[0] = 0x80;
	return Buffer.concat([content, padding]);
}

/** Removes the padding; undefined if the last 64 bytes have no `0x80`, or if other bytes than zeros follow it. */
export function unpadded(content: Uint8Array): Uint8Array | undefined {
	let end = content.length - 1;
	while (end >= 0 && content[end] === 0) end--;
	return end >= content.length - 64 && content[end] === 0x80 ? content.subarray(0, end) : undefined;
}

/** A person whose seed is this byte, 32 times. */
export class Person {
	readonly name: string;
	readonly seed: number;
	readonly signing: KeyPair;
	readonly box: KeyPair;

	constructor(name: string, seed: number) {
		const subkey = (number: number) =>
			sodium.crypto_kdf_derive_from_key(32, number, "cofferid", new Uint8Array(32).fill(seed));
		this.name = name;
		this.seed = seed;
		this.signing = sodium.crypto_sign_seed_keypair(subkey(1));
		this.box = sodium.crypto_box_seed_keypair(subkey(2));
	}

	get sign(): string {
		return base64(this.signing.publicKey);
	}

	/** Signing key, box key and name, as links have them. */
	get words(): string[] {
		return [this.sign, base64(this.box.publicKey), this.name];
	}
}

/** The owner, and a writer of every environment. */
export const alice = new Person("alice", 1);
/** A writer. */
export const bob = new Person("bob", 2);
/** A reader. */
export const carol = new Person("carol", 3);
/** A writer who is removed. */
export const dave = new Person("dave", 4);
/** A member of nothing. */
export const mallory = new Person("mallory", 66);
