/**
 * Membership chains: their links as text, their hashes and their signatures. What a link *means* is in
 * `vault-chain.ts` (who may create environments) and `membership.ts` (who is in an environment).
 *
 * A link is one line, `link INDEX PREVIOUS CHANGE… SIGNER SIGNATURE`. Parsing is so strict that a line has one
 * reading and a reading has one line, so the text itself is what is hashed and signed (docs/format.md, "Links").
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
	/** Hash of the link before, or `-` at the start of a chain. */
	readonly previous: string;
	/** What the link does, as words: `add reader KEY KEY NAME WRAP`. */
	readonly change: readonly string[];
	/** Ed25519 public key, base64. */
	readonly signer: string;
	readonly signature: string;
	/** The whole line, as it stands in the file. */
	readonly text: string;
	/** 1-based line in the file or message that it came from. */
	readonly line: number;
}

/** Where a chain belongs: goes under every signature. */
export interface ChainContext {
	/** Empty for the genesis link of a vault, whose hash the vault id is. */
	readonly vaultId: string;
	/** Environment, or empty for the vault's own chain. */
	readonly environment: string;
}

export const NO_PREVIOUS = "-";
const INDEX = /^(0|[1-9][0-9]{0,4})$/;
const WORD = /^[!-~]+$/;

/** The hash of a link, which the next one names; of a vault's genesis link, the vault id. */
export function linkHash(link: Pick<Link, "text">): string {
	return toBase64(hash(lengthPrefixed("coffer/link-hash/1", link.text)));
}

/**
 * Parses one link line.
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
		throw fault("is not of the form 'link INDEX PREVIOUS CHANGE… SIGNER SIGNATURE'");
	}
	if (index === undefined || !INDEX.test(index) || Number(index) >= LIMITS.linksPerChain)
		throw fault("has no valid index");
	if (previous === undefined || (previous !== NO_PREVIOUS && !isBase64Text(previous, HASH_BYTES))) {
		throw fault("does not name the link before it");
	}
	if (signer === undefined || !isBase64Text(signer, PUBLIC_KEY_BYTES)) throw fault("has no valid signer");
	if (signature === undefined || !isBase64Text(signature, SIGNATURE_BYTES))
		throw fault("has no valid signature");
	return { index: Number(index), previous, change: words.slice(3, -2), signer, signature, text, line };
}

function signedBytes(context: ChainContext, unsignedText: string): Uint8Array {
	return lengthPrefixed("coffer/link/1", context.vaultId, context.environment, unsignedText);
}

/** Makes the link that comes after `last` (or the first), signed. */
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
 * Checks that a link follows `last` and that its signer signed it. Whether the signer *may* is not asked here.
 * @param pinned hashes of links that were checked before: a link is not verified again where its own is among them
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
			`membership link ${link.index} does not follow the link before it.`,
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
			`membership link ${link.index} is not signed by the key that it names.`,
			link.line,
		);
	}
}

/** A link whose words are well formed but say something that its chain does not allow. */
export function refusedLink(link: Link, message: string): Error {
	return malformed("VAULT_LINK_REFUSED", `membership link ${link.index} ${message}.`, link.line);
}
