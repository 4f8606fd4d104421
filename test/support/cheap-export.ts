/** Exported identities with a cheap key derivation, for tests that do not test its cost. */
import { readFileSync, writeFileSync } from "node:fs";
import { openExport, parseExport, sealExport } from "../../src/identity/export.ts";
import { type Identity, parseIdentity } from "../../src/identity/identity.ts";

/** The lowest cost that a reader accepts: a sixth of the cost that Coffer uses. */
export const CHEAPEST = { passes: 2, memory: 64 } as const;

/** Writes an export of an identity, which is in a file or given as text. */
export async function writeCheapExport(path: string, identity: string, passphrase: string): Promise<void> {
	const sealed = await sealExport(parseIdentity(identity.trim(), "a test"), passphrase, CHEAPEST);
	writeFileSync(path, `${sealed}\n`, { mode: 0o600 });
}

/** Replaces an export that Coffer wrote by a cheap one, in the same file. */
export async function makeCheap(path: string, passphrase: string): Promise<Identity> {
	const identity = await openExport(parseExport(readFileSync(path, "utf8"), path), passphrase, path);
	writeFileSync(path, `${await sealExport(identity, passphrase, CHEAPEST)}\n`);
	return identity;
}
