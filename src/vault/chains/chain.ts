/**
 * Membership chains: the text, the hash and the signature of their links. The meaning of a link is in
 * `vault-chain.ts` (owners and environments) and `membership.ts` (members of an environment).
 *
 * A link is one line, `link INDEX PREVIOUS CHANGE… SIGNER SIGNATURE`. The parser is strict: each line has one meaning
 * and each meaning has one line. Therefore the text itself is hashed and signed (docs/format.md, "Links").
 */
import { isBase64Text, lengthPrefixed } from "../../bytes.ts";
import {
	fromBase64,
	HASH_BYTES,
	hash,
	PUBLIC_KEY_BYTES,
	SIGNATURE_BYTES,
	sign,
	toBase64,
	verify,
} from "../../crypto.ts";
import { LIMITS, malformed } from "../syntax/syntax.ts";

export interface Link {
	readonly index: number;
	/** Hash of the previous link, or `-` for the first link of a chain. */
	readonly previous: string;
	/** The words that say what the link changes: `add reader KEY KEY NAME WRAP`. */
	readonly change: readonly string[];
	/** Ed25519 public key, base64. */
	readonly signer: string;
	readonly signature: string;
	/** The whole line, unchanged. */
	readonly text: string;
	/** 1-based line in the file or message; 0 for a link that was made in memory. */
	readonly line: number;
}

/** The vault and the environment of a chain. Every signature covers them. */
export interface ChainContext {
	/** Empty for the genesis link of a vault, because its hash is the vault id. */
	readonly vaultId: string;
	/** Name of the environment; empty for the vault's own chain. */
	readonly environment: string;
}

export const NO_PREVIOUS = "-";
const INDEX = /^(0|[1-9][0-9]{0,4})$/;
const WORD = /^[!-~]+$/;

/** The hash of a link, which the next link contains. The hash of a vault's genesis link is the vault id. */
export function linkHash(link: Pick<Link, "text">): string {
	return toBase64(hash(lengthPrefixed("coffer/link-hash/1", link.text)));
}

/**
 * Parses the line of one link.
 * @throws AppError `VAULT_LINK_MALFORMED` (exit 7)
 */
export function parseLink(text: string, line: number): Link {
	const fault = (message: string) =>
		malformed("VAULT_LINK_MALFORMED", `this membership link ${message}.`, line);
	const words = text.split(" ");
	const [keyword, index, previous] = words;
	const signer = words.at(-2);
	const signature = words.at(-1);
	if (keyword !== "link" || words.length < 6 || !words.every((word) => WORD.test(word))) {
		throw fault("does not have the form 'link INDEX PREVIOUS CHANGE… SIGNER SIGNATURE'");
	}
	if (index === undefined || !INDEX.test(index) || Number(index) >= LIMITS.linksPerChain)
		throw fault("has no valid index");
	if (previous === undefined || (previous !== NO_PREVIOUS && !isBase64Text(previous, HASH_BYTES))) {
		throw fault("does not contain the hash of the previous link");
	}
	if (signer === undefined || !isBase64Text(signer, PUBLIC_KEY_BYTES)) throw fault("has no valid signer");
	if (signature === undefined || !isBase64Text(signature, SIGNATURE_BYTES))
		throw fault("has no valid signature");
	return { index: Number(index), previous, change: words.slice(3, -2), signer, signature, text, line };
}

function signedBytes(context: ChainContext, unsignedText: string): Uint8Array {
	return lengthPrefixed("coffer/link/1", context.vaultId, context.environment, unsignedText);
}

/** Makes and signs the link after `last`, or the first link if `last` is undefined. */
export function makeLink(
	context: ChainContext,
	last: Link | undefined,
	change: readonly string[],
	signer: { publicKey: Uint8Array; privateKey: Uint8Array },
): Link {
	const index = last === undefined ? 0 : last.index + 1;
	const previous = last === undefined ? NO_PREVIOUS : linkHash(last);
	const unsigned = ["link", index, previous, ...change, toBase64(signer.publicKey)].join(" ");
	const signature = toBase64(sign(signedBytes(context, unsigned), signer.privateKey));
	return parseLink(`${unsigned} ${signature}`, 0);
}

/**
 * Checks that a link follows `last` and that its signature is valid. Does not check whether the signer may sign it.
 * @param pinned hashes of links that were checked before, by index; the signature of such a link is not checked again
 * @throws AppError `VAULT_CHAIN_BROKEN` or `VAULT_LINK_FORGED` (exit 7)
 */
export function checkLink(
	context: ChainContext,
	last: Link | undefined,
	link: Link,
	pinned: readonly string[] = [],
): void {
	const expectedPrevious = last === undefined ? NO_PREVIOUS : linkHash(last);
	if (link.index !== (last === undefined ? 0 : last.index + 1) || link.previous !== expectedPrevious) {
		throw malformed(
			"VAULT_CHAIN_BROKEN",
			`membership link ${link.index} does not continue the previous link.`,
			link.line,
		);
	}
	if (pinned[link.index] === linkHash(link)) return;
	const signature = fromBase64(link.signature);
	const publicKey = fromBase64(link.signer);
	const unsigned = link.text.slice(0, -(link.signature.length + 1));
	if (!signature || !publicKey || !verify(signature, signedBytes(context, unsigned), publicKey)) {
		throw malformed(
			"VAULT_LINK_FORGED",
			`the signature of membership link ${link.index} is not valid.`,
			link.line,
		);
	}
}

/** The error for a well-formed link that its chain does not allow. @param message follows "membership link N" */
export function refusedLink(link: Link, message: string): Error {
	return malformed("VAULT_LINK_REFUSED", `membership link ${link.index} ${message}.`, link.line);
}
