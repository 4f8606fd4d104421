/**
 * The control API's certificate and its key: two files, read when the platform starts and again when they have
 * changed. They are looked at when somebody connects, so that no watcher can miss a file that is put in place of
 * another, and nothing has to be told.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";

export interface TlsFiles {
	/** PEM: the certificate, and after it those between it and the authority. */
	readonly cert: string;
	/** PEM, without a passphrase. */
	readonly key: string;
}

export interface Pem {
	readonly cert: Buffer;
	readonly key: Buffer;
}

const FILE_BYTES_MAX = 1024 * 1024;

function refused(code: string, message: string, hint: string, cause?: unknown): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage, cause });
}

/** Runs what OpenSSL may refuse. Its own words are left out: they say nothing that helps, and may quote the key. */
function attempt<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}

/** @throws AppError `TLS_FILE_UNREADABLE` (exit 2) */
function readPem(flag: string, path: string): Buffer {
	const hint = `Check the file that ${flag} names, and that this user may read it.`;
	const failed = (why: string, cause?: unknown) =>
		refused("TLS_FILE_UNREADABLE", `The file of ${flag}, ${printable(path)}, ${why}.`, hint, cause);
	try {
		const stats = statSync(path);
		if (stats.isFile() && stats.size <= FILE_BYTES_MAX) return readFileSync(path);
	} catch (error) {
		throw failed(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`, error);
	}
	throw failed("is no file of a certificate's or a key's size");
}

/**
 * Both files, held against each other.
 * @throws AppError `TLS_FILE_UNREADABLE`, `TLS_CERTIFICATE_INVALID`, `TLS_KEY_INVALID`, `TLS_KEY_MISMATCH` (exit 2),
 *   naming the file
 */
export function readPair(files: TlsFiles): Pem {
	const cert = readPem("--tls-cert", files.cert);
	const key = readPem("--tls-key", files.key);
	const leaf = attempt(() => new X509Certificate(cert));
	if (leaf === undefined || attempt(() => createSecureContext({ cert })) === undefined) {
		throw refused(
			"TLS_CERTIFICATE_INVALID",
			`The file of --tls-cert, ${printable(files.cert)}, holds no certificates in PEM.`,
			"Give the certificate, followed by those between it and the authority: fullchain.pem, as many tools call it.",
		);
	}
	const secret = attempt(() => createPrivateKey(key));
	if (secret === undefined) {
		throw refused(
			"TLS_KEY_INVALID",
			`The file of --tls-key, ${printable(files.key)}, holds no private key in PEM that opens without a passphrase.`,
			"Give the certificate's private key; 'openssl pkey -in FILE' takes a passphrase off.",
		);
	}
	if (leaf.checkPrivateKey(secret) && attempt(() => createSecureContext({ cert, key })) !== undefined) {
		return { cert, key };
	}
	throw refused(
		"TLS_KEY_MISMATCH",
		`The key in ${printable(files.key)} is not that of the first certificate in ${printable(files.cert)}.`,
		"Give the two files that were made together; the platform's own certificate comes first.",
	);
}

/** What tells one state of a file from another, also where a link is pointed elsewhere. */
function stateOf(path: string): string {
	const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
	return stats === undefined
		? "none"
		: `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

export class Certificate {
	readonly #files: TlsFiles;
	#seen: string;
	/** What was read at first. */
	readonly initial: Pem;

	/** @throws AppError as `readPair` */
	constructor(files: TlsFiles) {
		this.#files = files;
		this.#seen = this.#state();
		this.initial = readPair(files);
	}

	#state(): string {
		// A path that cannot even be looked at is as good as none.
		return attempt(() => `${stateOf(this.#files.cert)} ${stateOf(this.#files.key)}`) ?? "none";
	}

	/**
	 * The pair anew, where a file has changed since it was last looked at; otherwise undefined.
	 * @throws AppError as `readPair`, once for each state of the files: what was read before remains good
	 */
	changed(): Pem | undefined {
		const state = this.#state();
		if (state === this.#seen) return undefined;
		this.#seen = state;
		return readPair(this.#files);
	}
}
