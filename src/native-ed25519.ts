/**
 * Node's own Ed25519, used only where libsodium would accept too (docs/decisions/0013). A leaf; only
 * `crypto.ts` uses it.
 *
 * The two implementations differ on signatures that never occur by accident. Therefore this module only accepts
 * signatures, and only if neither the key nor the point R is one of the few that libsodium rejects. libsodium checks
 * every other signature.
 */
import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject, verify } from "node:crypto";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** The DER prefix of a 32-byte Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The y coordinates, little endian, of the eight points of small order: 0, 1, p - 1 and the two of order 8.
 * Each y belongs to two points, or to one whose sign bit does not matter.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
	"00".repeat(32),
	`01${"00".repeat(31)}`,
	`ec${"ff".repeat(30)}7f`,
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/** Whether y is below p = 2^255 - 19. The input has no sign bit. */
function isReduced(y: Uint8Array): boolean {
	return y[31] !== 0x7f || y.subarray(1, 31).some((byte) => byte !== 0xff) || (y[0] ?? 0) < 0xed;
}

/** The first bytes of those y. They exclude 49 of 50 ordinary points without copying the bytes. */
const SMALL_ORDER_FIRST = new Set([...SMALL_ORDER_Y].map((y) => Number.parseInt(y.slice(0, 2), 16)));

/** Whether an encoded point is canonical and not of small order. It may still not be on the curve. */
export function isOrdinaryPoint(encoded: Uint8Array): boolean {
	const [first = 0, last = 0] = [encoded[0], encoded[31]];
	if ((last & 0x7f) !== 0x7f && !SMALL_ORDER_FIRST.has(first)) return true;
	const y = Buffer.from(encoded);
	y[31] = last & 0x7f;
	return isReduced(y) && !SMALL_ORDER_Y.has(y.toString("hex"));
}

/**
 * Whether S is below 2^252, and therefore below the group's order. For honest signatures, only one S in 2^127 is not.
 */
function isSurelyReducedScalar(signature: Uint8Array): boolean {
	return ((signature[63] ?? 0xff) & 0xf0) === 0;
}

/** Checks signatures on Node's threads. Keeps the last key. */
export class NativeVerifier {
	readonly #keys = new Map<string, KeyObject | undefined>();
	/** The key of the last signature: most signatures of a vault are by one writer. */
	#last: { bytes: Uint8Array; key: KeyObject | undefined } | undefined;

	/** @returns true if the signature is valid, and libsodium would accept it too; false if unknown */
	async accepts(signed: {
		signature: Uint8Array;
		content: Uint8Array;
		publicKey: Uint8Array;
	}): Promise<boolean> {
		const { signature, content, publicKey } = signed;
		if (signature.length !== SIGNATURE_BYTES || !isSurelyReducedScalar(signature)) return false;
		if (!isOrdinaryPoint(signature.subarray(0, KEY_BYTES))) return false;
		const key = this.#keyOf(publicKey);
		if (!key) return false;
		return await new Promise((resolve) => {
			// If Node cannot check it at all (for example in FIPS mode), the result is unknown.
			verify(null, content, key, signature, (error, fits) => resolve(!error && fits));
		});
	}

	#keyOf(publicKey: Uint8Array): KeyObject | undefined {
		if (this.#last && Buffer.compare(this.#last.bytes, publicKey) === 0) return this.#last.key;
		const name = Buffer.from(publicKey).toString("hex");
		if (!this.#keys.has(name)) this.#keys.set(name, importKey(publicKey));
		this.#last = { bytes: publicKey.slice(), key: this.#keys.get(name) };
		return this.#last.key;
	}
}

function importKey(publicKey: Uint8Array): KeyObject | undefined {
	if (publicKey.length !== KEY_BYTES || !isOrdinaryPoint(publicKey)) return undefined;
	try {
		return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
	} catch {
		return undefined;
	}
}
