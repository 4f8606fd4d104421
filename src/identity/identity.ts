/**
 * An identity: the keys that derive from a 32-byte seed, and the text forms of the seed and of the public keys.
 * Pure but for randomness. `cryptoReady` must have resolved.
 *
 * Derivation (libsodium's `crypto_kdf`, context `cofferid`): subkey 1 is the seed of the Ed25519 key pair for
 * signatures, 2 the seed of the X25519 key pair that environment keys are sealed to, 3 the symmetric key that
 * authenticates local state.
 */
import { concat, equalBytes, lengthPrefixed, wipe } from "../bytes.ts";
import {
	boxKeyPair,
	deriveKey,
	fromBase64,
	hash,
	KEY_BYTES,
	type KeyPair,
	PUBLIC_KEY_BYTES,
	randomBytes,
	sealTo,
	signingKeyPair,
	toBase64,
} from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";

export interface PublicKeys {
	/** The Ed25519 key, base64. */
	sign: string;
	/** The X25519 key, base64. */
	box: string;
}

export interface Identity {
	/** The seed of all keys, 32 bytes. */
	readonly seed: Uint8Array;
	readonly signing: KeyPair;
	readonly box: KeyPair;
	/** Authenticates local state, 32 bytes. */
	readonly stateKey: Uint8Array;
	readonly publicKeys: PublicKeys;
	/** The id of the only vault that a CI identity may open (43 characters of base64). */
	readonly vaultPin?: string;
}

const CONTEXT = "cofferid";
const SUBKEY = { signing: 1, box: 2, state: 3 } as const;
const SECRET_MAGIC = "coffer-identity-1";
const PUBLIC_MAGIC = "coffer-member-1";
const FINGERPRINT_DOMAIN = "coffer/fingerprint/1";
const FINGERPRINT_BYTES = 16;

/** A new random identity. */
export function newIdentity(): Identity {
	return identityOf(randomBytes(KEY_BYTES));
}

/**
 * The identity of a seed.
 * @param seed 32 bytes. The identity keeps this array, not a copy
 */
export function identityOf(seed: Uint8Array, vaultPin?: string): Identity {
	const signingSeed = deriveKey(seed, CONTEXT, SUBKEY.signing);
	const boxSeed = deriveKey(seed, CONTEXT, SUBKEY.box);
	const signing = signingKeyPair(signingSeed);
	const box = boxKeyPair(boxSeed);
	wipe(signingSeed, boxSeed);
	return {
		seed,
		signing,
		box,
		stateKey: deriveKey(seed, CONTEXT, SUBKEY.state),
		publicKeys: { sign: toBase64(signing.publicKey), box: toBase64(box.publicKey) },
		...(vaultPin === undefined ? {} : { vaultPin }),
	};
}

/**
 * Parses `coffer-identity-1.<seed>` or `coffer-identity-1.<seed>.<vault id>`, with or without one line break at
 * the end.
 * @param where the text's source, for the message: `COFFER_IDENTITY`, a path, …
 * @throws AppError `IDENTITY_MALFORMED` (exit 3), which names the source and never shows the text
 */
export function parseIdentity(text: string, where: string): Identity {
	const [magic, seedText = "", vaultPin, ...more] = text.replace(/\r?\n$/, "").split(".");
	const seed = bytes32(seedText);
	const pinned = vaultPin === undefined || bytes32(vaultPin) !== undefined;
	if (magic !== SECRET_MAGIC || seed === undefined || !pinned || more.length > 0) {
		throw malformed(
			`The content of ${where} is not an identity`,
			`${SECRET_MAGIC}.SEED or ${SECRET_MAGIC}.SEED.VAULT`,
		);
	}
	return identityOf(seed, vaultPin);
}

/** The secret text of an identity, without a line break. Whoever has this text can act as the identity. */
export function formatIdentity(identity: Identity): string {
	const parts = [SECRET_MAGIC, toBase64(identity.seed)];
	if (identity.vaultPin !== undefined) parts.push(identity.vaultPin);
	return parts.join(".");
}

/**
 * Parses `coffer-member-1.<sign>.<box>`.
 * @param where the text's source, for the message
 * @throws AppError `IDENTITY_MALFORMED` (exit 3)
 */
export function parsePublicIdentity(text: string, where: string): PublicKeys {
	const [magic, sign = "", box = "", ...more] = text.replace(/\r?\n$/, "").split(".");
	const boxKey = bytes32(box);
	const whole = magic === PUBLIC_MAGIC && bytes32(sign) !== undefined && more.length === 0;
	if (!whole || boxKey === undefined || !canSealTo(boxKey)) {
		throw malformed(
			`The content of ${where} is not the public half of an identity`,
			`${PUBLIC_MAGIC}.KEY.KEY`,
		);
	}
	return { sign, box };
}

/** The public text of an identity. It may be shown to anyone. */
export function formatPublicIdentity(publicKeys: PublicKeys): string {
	return [PUBLIC_MAGIC, publicKeys.sign, publicKeys.box].join(".");
}

/**
 * The fingerprint that people and tokens use for an identity, 22 characters: the first 16 bytes, in base64, of
 * the hash of the length-prefixed domain `coffer/fingerprint/1` and both raw keys, the signing key first.
 * @throws AppError `IDENTITY_MALFORMED` (exit 3) if a key is not 32 bytes of base64
 */
export function fingerprint(publicKeys: PublicKeys): string {
	const sign = bytes32(publicKeys.sign);
	const box = bytes32(publicKeys.box);
	if (sign === undefined || box === undefined)
		throw malformed("A public key is malformed", "32 bytes of base64 each");
	return toBase64(hash(concat(lengthPrefixed(FINGERPRINT_DOMAIN), sign, box)).subarray(0, FINGERPRINT_BYTES));
}

/** Whether two identities have the same seed. Bindings to a vault are not compared. */
export function sameIdentity(a: Identity, b: Identity): boolean {
	return equalBytes(a.seed, b.seed);
}

function bytes32(text: string): Uint8Array | undefined {
	const bytes = fromBase64(text);
	return bytes?.length === PUBLIC_KEY_BYTES ? bytes : undefined;
}

/** For a few points of the curve, everybody can compute the shared secret. libsodium refuses to seal to them. */
function canSealTo(key: Uint8Array): boolean {
	return sealTo(new Uint8Array(0), key) !== undefined;
}

function malformed(what: string, form: string): AppError {
	return new AppError({
		code: "IDENTITY_MALFORMED",
		message: `${what}.`,
		hint: `Copy it again, whole and alone: its form is ${form}.`,
		exit: EXIT.unauthorised,
	});
}
