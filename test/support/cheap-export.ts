/** Exported identities whose passphrase costs little to try, for tests of something else than that cost. */
import { readFileSync, writeFileSync } from "node:fs";
import { openExport, parseExport, sealExport } from "../../src/identity/export.ts";
import { type Identity, parseIdentity } from "../../src/identity/identity.ts";

/** The least that a reader accepts: a sixth of what Coffer writes. */
export const CHEAPEST = { passes: 2, memory: 64 } as const;

/** Writes an export of the identity that a file contains, or whose text is given. */
export async function writeCheapExport(path: string, identity: string, passphrase: string): Promise<void> {
	const sealed = await sealExport(parseIdentity(identity.trim(), "a test"), passphrase, CHEAPEST);
	writeFileSync(path, `${sealed}\n`, { mode: 0o600 });
}

/** Seals an export that Coffer wrote again, in the same file. */
export async function makeCheap(path: string, passphrase: string): Promise<Identity> {
	const identity = await openExport(parseExport(readFileSync(path, "utf8"), path), passphrase, path);
	writeFileSync(path, `${await sealExport(identity, passphrase, CHEAPEST)}\n`);
	return identity;
}
