/**
 * Changes, and the log of changes that is chained by hashes. Client and platform sign, hash and check with these
 * functions (docs/protocol.md, "The log").
 */
import { lengthPrefixed } from "../bytes.ts";
import { fromBase64, hash, type KeyPair, sign, toBase64, verify } from "../crypto.ts";

/** The app, vault and environment of a log. Every signature and every hash covers them. */
export interface LogContext {
	readonly app: string;
	readonly vaultId: string;
	readonly environment: string;
}

/** Both membership chains of an environment, one text line for each link. */
export interface Header {
	/** The vault's own chain. */
	readonly vault: readonly string[];
	readonly environment: readonly string[];
}

/** A position in an app's log. At revision 0 the head is the hash of the context. */
export interface Head {
	readonly revision: number;
	readonly head: string;
}

/** Records that a member asks the platform to append, with the header if it changed. */
export interface Change {
	/** Hash of records and header. The platform recognises a repeated request by it. */
	readonly operation: string;
	/** The head of the log when the sender made the change. */
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
	/** Hash of this entry. The next entry's hash covers it. */
	readonly head: string;
	readonly change: Change;
	/**
	 * When the platform received the change, by the platform's clock, in milliseconds since 1970. No hash or signature
	 * covers it, so it is for display only. Absent in entries that earlier versions appended.
	 */
	readonly receivedMs?: number | undefined;
}

/** The head of an empty log. */
export function emptyHead(context: LogContext): Head {
	const head = toBase64(
		hash(lengthPrefixed("coffer/log/1", context.app, context.vaultId, context.environment)),
	);
	return { revision: 0, head };
}

/**
 * The operation id of a change: the hash of its content. It does not depend on the base, so a retry on another base is
 * the same operation.
 */
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

/** Makes and signs a change. */
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

/** Whether a change's operation id matches its content and its author's signature is valid. */
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

/** The head of a log after a change is appended at the head `before`. */
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
