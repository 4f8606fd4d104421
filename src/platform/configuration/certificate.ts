/**
 * The certificate and private key of a listener. Both files are read when the platform starts, and again when
 * they have changed. Each new connection checks for a change: unlike a file watcher, this cannot miss a
 * replaced file.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";

export interface TlsFiles {
	/** PEM: the certificate, followed by the intermediate certificates. */
	readonly cert: string;
	/** PEM, without a passphrase. */
	readonly key: string;
}

/** The flags that name the two files, for errors. */
export type TlsFlags = { readonly [Part in keyof TlsFiles]: string };

const CONTROL_FLAGS: TlsFlags = { cert: "--tls-cert", key: "--tls-key" };

export interface Pem {
	readonly cert: Buffer;
	readonly key: Buffer;
}

const FILE_BYTES_MAX = 1024 * 1024;

function refused(code: string, message: string, hint: string, cause?: unknown): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage, cause });
}

/**
 * Runs code that may throw an error of OpenSSL. OpenSSL's message is dropped, since it does not help and may quote the
 * key.
 */
function tryOpenSsl<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}

/** @throws AppError `TLS_FILE_UNREADABLE` (exit 2) */
function readPem(flag: string, path: string): Buffer {
	const hint = `Check that ${flag} names the right file, and that this user may read it.`;
	const failed = (why: string, cause?: unknown) =>
		refused("TLS_FILE_UNREADABLE", `The file of ${flag}, ${printable(path)}, ${why}.`, hint, cause);
	try {
		const stats = statSync(path);
		if (stats.isFile() && stats.size <= FILE_BYTES_MAX) return readFileSync(path);
	} catch (error) {
		throw failed(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`, error);
	}
	throw failed("is not a regular file, or is larger than a certificate or key can be");
}

/**
 * Reads both files and checks that they belong together.
 * @throws AppError `TLS_FILE_UNREADABLE`, `TLS_CERTIFICATE_INVALID`, `TLS_KEY_INVALID`, `TLS_KEY_MISMATCH`
 * (exit 2). The message names the file.
 */
export function readPair(files: TlsFiles, flags: TlsFlags = CONTROL_FLAGS): Pem {
	const cert = readPem(flags.cert, files.cert);
	const key = readPem(flags.key, files.key);
	const leaf = tryOpenSsl(() => new X509Certificate(cert));
	if (leaf === undefined || tryOpenSsl(() => createSecureContext({ cert })) === undefined) {
		throw refused(
			"TLS_CERTIFICATE_INVALID",
			`The file of ${flags.cert}, ${printable(files.cert)}, contains no certificate in PEM format.`,
			"Give the certificate followed by its intermediate certificates. Many tools call this file fullchain.pem.",
		);
	}
	const secret = tryOpenSsl(() => createPrivateKey(key));
	if (secret === undefined) {
		throw refused(
			"TLS_KEY_INVALID",
			`The file of ${flags.key}, ${printable(files.key)}, contains no private key in PEM format without a passphrase.`,
			"Give the certificate's private key. 'openssl pkey -in FILE' removes a passphrase.",
		);
	}
	if (leaf.checkPrivateKey(secret) && tryOpenSsl(() => createSecureContext({ cert, key })) !== undefined) {
		return { cert, key };
	}
	throw refused(
		"TLS_KEY_MISMATCH",
		`The key in ${printable(files.key)} does not belong to the first certificate in ${printable(files.cert)}.`,
		"Give two files that belong together. The platform's own certificate must be the first in its file.",
	);
}

/**
 * The dates between which the first certificate of a pair is valid.
 * @param atMs a time, in milliseconds since 1970
 * @returns the dates in ISO 8601; undefined if it is valid at that time
 */
export function datesUnlessValid({ cert }: Pem, atMs: number): { from: string; until: string } | undefined {
	const { validFrom, validTo } = new X509Certificate(cert);
	const [from, until] = [new Date(validFrom), new Date(validTo)];
	if (from.getTime() <= atMs && atMs <= until.getTime()) return undefined;
	return { from: from.toISOString(), until: until.toISOString() };
}

/** Identifies the state of a file. The state also changes if a link is changed to another file. */
function stateOf(path: string): string {
	const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
	return stats === undefined
		? "none"
		: `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

export class Certificate {
	readonly #files: TlsFiles;
	readonly #flags: TlsFlags;
	#readState: string;
	/** The pair as it was read first. */
	readonly initial: Pem;

	/** @throws AppError as `readPair` */
	constructor(files: TlsFiles, flags: TlsFlags = CONTROL_FLAGS) {
		this.#files = files;
		this.#flags = flags;
		this.#readState = this.#state();
		this.initial = readPair(files, flags);
	}

	#state(): string {
		// A path that cannot be read counts as a missing file.
		return tryOpenSsl(() => `${stateOf(this.#files.cert)} ${stateOf(this.#files.key)}`) ?? "none";
	}

	/**
	 * Reads the pair again if a file has changed since the last call. Undefined otherwise.
	 * @throws AppError as `readPair`, once for each state of the files. The earlier pair stays valid.
	 */
	changed(): Pem | undefined {
		const state = this.#state();
		if (state === this.#readState) return undefined;
		this.#readState = state;
		return readPair(this.#files, this.#flags);
	}
}
