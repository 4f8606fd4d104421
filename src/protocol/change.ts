/**
 * Changes and the hash-chained log that they make: what is signed, hashed and checked alike by client and platform.
 */
import { lengthPrefixed } from "../bytes.ts";
import { fromBase64, hash, type KeyPair, sign, toBase64, verify } from "../crypto.ts";

/** Where a log belongs; goes under every signature and hash. */
export interface LogContext {
	readonly app: string;
	readonly vaultId: string;
	readonly environment: string;
}

/** Both chains of an environment, as text lines. */
export interface Header {
	/** The vault's own chain. */
	readonly vault: readonly string[];
	readonly environment: readonly string[];
}

/** A position in an app's log. Revision 0 has the context's own hash as its head. */
export interface Head {
	readonly revision: number;
	readonly head: string;
}

/** Records, and the header when it changed, that a member asks the platform to append. */
export interface Change {
	/** Hash of records and header: a repeat is known by it. */
	readonly operation: string;
	/** The head that the sender saw. */
	readonly base: Head;
	readonly header: Header | null;
	/** Each as its two lines (docs/format.md, "Records"). */
	readonly records: readonly string[];
	/** Ed25519 public key of the member who sends it, base64. */
	readonly author: string;
	readonly signature: string;
}

/** An appended change. */
export interface LogEntry {
	readonly revision: number;
	/** Hash of this entry, which the next one builds on. */
	readonly head: string;
	readonly change: Change;
	/**
	 * When the platform received it, by its own clock: its word, under no hash and no signature. To be shown, and never
	 * to be decided by. Absent in entries that were appended before platforms noted it.
	 */
	readonly receivedMs?: number | undefined;
}

/** The head of a log that holds nothing yet. */
export function emptyHead(context: LogContext): Head {
	const head = toBase64(
		hash(lengthPrefixed("coffer/log/1", context.app, context.vaultId, context.environment)),
	);
	return { revision: 0, head };
}

/** The operation id of what a change carries; independent of where it is appended, so that a retry is the same operation. */
export function operationId(context: LogContext, header: Header | null, records: readonly string[]): string {
	const chains = header
		? [header.vault.length, ...header.vault, header.environment.length, ...header.environment]
		: ["-"];
	const fields = [
		"coffer/operation/1",
		context.app,
		context.vaultId,
		context.environment,
		...chains,
		...records,
	];
	return toBase64(hash(lengthPrefixed(...fields)));
}

function signedBytes(context: LogContext, change: Pick<Change, "operation" | "base" | "author">): Uint8Array {
	const { app, vaultId, environment } = context;
	const { operation, base, author } = change;
	return lengthPrefixed(
		"coffer/change/1",
		app,
		vaultId,
		environment,
		operation,
		base.revision,
		base.head,
		author,
	);
}

/** Makes a signed change. */
export function makeChange(
	context: LogContext,
	base: Head,
	content: { header: Header | null; records: readonly string[] },
	author: { readonly publicKeys: { readonly sign: string }; readonly signing: KeyPair },
): Change {
	const operation = operationId(context, content.header, content.records);
	const unsigned = { operation, base, author: author.publicKeys.sign };
	const signature = toBase64(sign(signedBytes(context, unsigned), author.signing.privateKey));
	return { ...unsigned, header: content.header, records: content.records, signature };
}

/** Whether a change's operation id fits what it carries and its author signed it. */
export function isAuthenticChange(context: LogContext, change: Change): boolean {
	const signature = fromBase64(change.signature);
	const publicKey = fromBase64(change.author);
	return (
		change.operation === operationId(context, change.header, change.records) &&
		signature !== undefined &&
		publicKey !== undefined &&
		verify(signature, signedBytes(context, change), publicKey)
	);
}

/** The head after a change is appended to a log that stands at `before`. */
export function nextHead(before: Head, change: Change): Head {
	const revision = before.revision + 1;
	const { operation, base, author, signature } = change;
	const fields = [
		"coffer/entry/1",
		before.head,
		revision,
		operation,
		base.revision,
		base.head,
		author,
		signature,
	];
	return { revision, head: toBase64(hash(lengthPrefixed(...fields))) };
}
