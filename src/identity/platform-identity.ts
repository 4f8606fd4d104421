/**
 * A platform's own identity. It is never the identity of the person who starts the platform, and it is never in the
 * data directory: that directory alone must not decrypt anything.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { AppError, EXIT } from "../errors.ts";
import { printable } from "../printable.ts";
import { type Identity, newIdentity, parseIdentity } from "./identity.ts";
import { readIdentityFile, writeIdentityFile } from "./identity-file.ts";
import type { Keychain } from "./keychain/keychain.ts";
import { identityInKeychain, storeInKeychain } from "./sources.ts";

/** The keychain's account of a platform's identity. */
export const PLATFORM_ACCOUNT = "platform-identity";

export interface PlatformIdentity {
	identity: Identity;
	source: "environment" | "file" | "keychain";
	/** Whether it was created by this call. */
	created: boolean;
}

export interface PlatformIdentityOptions {
	/** `--identity-file`. The file is created if it does not exist. */
	identityFile?: string | undefined;
	env: { COFFER_PLATFORM_IDENTITY?: string | undefined; COFFER_PLATFORM_IDENTITY_FILE?: string | undefined };
	keychain: Keychain;
	/** Need not exist yet. */
	dataDirectory: string;
	/** Whether the data directory has a platform already. Then no identity is created, since it would be another one. */
	hasPlatform?: boolean | undefined;
}

/**
 * Reads the platform's identity from the first source that is named: `--identity-file`, COFFER_PLATFORM_IDENTITY,
 * COFFER_PLATFORM_IDENTITY_FILE. If none is named, reads it from the keychain, and creates it there on the first start.
 * @throws AppError (exit 3) `PLATFORM_IDENTITY_MISSING` if nothing is named and there is no keychain, or if the
 *   data directory has a platform and its identity is missing; `PLATFORM_IDENTITY_IN_DATA` if the file is inside the data
 *   directory; or what reading it throws
 */
export async function openPlatformIdentity(options: PlatformIdentityOptions): Promise<PlatformIdentity> {
	const { identityFile, env, dataDirectory } = options;
	if (identityFile !== undefined) {
		await refuseInside(identityFile, dataDirectory);
		return fromFile(identityFile, options);
	}
	const text = env.COFFER_PLATFORM_IDENTITY;
	if (text !== undefined) {
		return {
			identity: parseIdentity(text, "COFFER_PLATFORM_IDENTITY"),
			source: "environment",
			created: false,
		};
	}
	const path = env.COFFER_PLATFORM_IDENTITY_FILE;
	if (path !== undefined) {
		await refuseInside(path, dataDirectory);
		return { identity: await readIdentityFile(path), source: "file", created: false };
	}
	return fromKeychain(options);
}

/** Reads the file, or creates it. If another process creates it at the same time, reads that one. */
async function fromFile(path: string, options: PlatformIdentityOptions): Promise<PlatformIdentity> {
	const identity = await readIfThere(path);
	if (identity !== undefined) return { identity, source: "file", created: false };
	requireNew(options, `the file ${printable(path, 200)} does not exist`);
	const made = newIdentity();
	try {
		await writeIdentityFile(path, made);
		return { identity: made, source: "file", created: true };
	} catch (error) {
		if (!(error instanceof AppError) || error.code !== "IDENTITY_FILE_EXISTS") throw error;
		return { identity: await readIdentityFile(path), source: "file", created: false };
	}
}

async function readIfThere(path: string): Promise<Identity | undefined> {
	try {
		return await readIdentityFile(path);
	} catch (error) {
		if (error instanceof AppError && error.code === "IDENTITY_FILE_NOT_FOUND") return undefined;
		throw error;
	}
}

/** @param why a clause that says where no identity is */
function requireNew({ dataDirectory, hasPlatform }: PlatformIdentityOptions, why: string): void {
	if (hasPlatform !== true) return;
	throw new AppError({
		code: "PLATFORM_IDENTITY_MISSING",
		message: `The data directory ${printable(dataDirectory, 200)} has a platform, and its identity is missing: ${why}.`,
		hint:
			"Start it with the identity that it had: --identity-file FILE, COFFER_PLATFORM_IDENTITY or " +
			"COFFER_PLATFORM_IDENTITY_FILE. 'coffer platform identity import' stores one from an export. For a new " +
			"platform, use another data directory.",
		exit: EXIT.unauthorised,
	});
}

async function fromKeychain(options: PlatformIdentityOptions): Promise<PlatformIdentity> {
	const { keychain } = options;
	try {
		const present = await identityInKeychain(keychain, PLATFORM_ACCOUNT);
		if (present !== undefined) return { identity: present, source: "keychain", created: false };
		requireNew(options, "the keychain has none");
		const identity = await storeInKeychain(keychain, PLATFORM_ACCOUNT, newIdentity());
		return { identity, source: "keychain", created: true };
	} catch (error) {
		if (!(error instanceof AppError) || !error.code.startsWith("KEYCHAIN_")) throw error;
		throw new AppError({
			code: "PLATFORM_IDENTITY_MISSING",
			message: `The platform has no identity. ${error.message}`,
			hint:
				"Start it with --identity-file FILE (outside the data directory; made on the first start), set " +
				"COFFER_PLATFORM_IDENTITY or COFFER_PLATFORM_IDENTITY_FILE, or start it on a system with a keychain.",
			exit: EXIT.unauthorised,
			cause: error,
		});
	}
}

async function refuseInside(file: string, dataDirectory: string): Promise<void> {
	const [inner, outer] = await Promise.all([realPlace(file), realPlace(dataDirectory)]);
	if (inner !== outer && !inner.startsWith(outer.endsWith(sep) ? outer : outer + sep)) return;
	throw new AppError({
		code: "PLATFORM_IDENTITY_IN_DATA",
		message: `The identity file ${printable(file, 200)} is inside the data directory.`,
		hint: "Keep it elsewhere: a copy of the data directory alone must not be enough to open it.",
		exit: EXIT.unauthorised,
	});
}

/**
 * The real path of a path that may not exist yet: the real path of its nearest existing folder, followed by the rest.
 */
async function realPlace(path: string): Promise<string> {
	const absolute = resolve(path);
	try {
		return await realpath(absolute);
	} catch (error) {
		const parent = dirname(absolute);
		const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
		if (!missing || parent === absolute) return absolute;
		return join(await realPlace(parent), basename(absolute));
	}
}
