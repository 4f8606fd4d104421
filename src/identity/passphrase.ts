/**
 * Derives a key from a passphrase by Argon2id. This is the only module that uses libsodium's sumo build. It is
 * loaded with the first passphrase, because no other command needs it.
 */
import { utf8, wipe } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";

/** What one attempt to guess a passphrase costs. */
export interface PassphraseCost {
	/** Passes over the memory (Argon2's t; libsodium's opslimit). */
	readonly passes: number;
	/** MiB of memory (1,024 of Argon2's m; libsodium's memlimit is in bytes). */
	readonly memory: number;
}

/** libsodium's "moderate": 256 MiB, about a second. */
export const COST: PassphraseCost = { passes: 3, memory: 256 };
export const SALT_BYTES = 16;
const KEY_BYTES = 32;
const CHARACTERS_MIN = 12;

/** Limits of the cost. A lower cost would make guessing cheap; a higher one could exhaust this machine. */
const BOUNDS = { passes: [2, 16], memory: [64, 1024], product: 4096 } as const;

/** Whether this version accepts a cost. */
export function isAcceptableCost({ passes, memory }: PassphraseCost): boolean {
	const within = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high;
	return within(passes, BOUNDS.passes) && within(memory, BOUNDS.memory) && passes * memory <= BOUNDS.product;
}

/** The normal form of a passphrase. It does not depend on how a keyboard composes characters. */
function normalised(passphrase: string): string {
	return passphrase.normalize("NFKC");
}

/**
 * Rejects a passphrase that cannot be typed at a prompt.
 * @throws AppError `PASSPHRASE_INVALID` (exit 2)
 */
export function requireTypable(passphrase: string): void {
	if (passphrase.isWellFormed() && !/\p{Cc}/u.test(passphrase)) return;
	throw new AppError({
		code: "PASSPHRASE_INVALID",
		message: "The passphrase contains a line break or another control character.",
		hint: "Use one line of text; a single line break at its end is dropped.",
		exit: EXIT.usage,
	});
}

/**
 * Checks a new passphrase.
 * @throws AppError `PASSPHRASE_TOO_SHORT`, `PASSPHRASE_INVALID` (exit 2)
 */
export function requireStrong(passphrase: string): void {
	requireTypable(passphrase);
	if ([...normalised(passphrase)].length >= CHARACTERS_MIN) return;
	throw new AppError({
		code: "PASSPHRASE_TOO_SHORT",
		message: `The passphrase has fewer than ${CHARACTERS_MIN} characters.`,
		hint: "Use several random words: somebody who finds the file has unlimited time to guess.",
		exit: EXIT.usage,
	});
}

/**
 * The key of a passphrase. Blocks the thread for as long as the cost demands.
 * @param salt 16 bytes
 * @returns 32 bytes, to be wiped by the caller
 * @throws AppError `PASSPHRASE_MEMORY` (exit 1) if the memory cannot be allocated
 */
export async function keyOfPassphrase(
	passphrase: string,
	salt: Uint8Array,
	{ passes, memory }: PassphraseCost,
): Promise<Uint8Array> {
	const { default: sodium } = await import("libsodium-wrappers-sumo");
	await sodium.ready;
	const bytes = utf8(normalised(passphrase));
	try {
		const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13;
		return sodium.crypto_pwhash(KEY_BYTES, bytes, salt, passes, memory * 2 ** 20, algorithm);
	} catch (cause) {
		throw new AppError({
			code: "PASSPHRASE_MEMORY",
			message: `A passphrase takes ${memory} MiB of memory, which this machine could not provide.`,
			hint: "Close other programs, or use another machine.",
			exit: EXIT.failure,
			cause,
		});
	} finally {
		wipe(bytes);
	}
}
