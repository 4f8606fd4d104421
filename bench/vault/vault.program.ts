/**
 * Performs one task on a large vault, once, in a new process, like a command: no caches are warm. Prints the
 * time in ms, without the start of Node and of libsodium. `bench/vault/vault.bench.ts` starts it.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cryptoReady, open, seal, sign, signingKeyPair, verify } from "../../src/crypto.ts";
import { fingerprint, identityOf } from "../../src/identity/identity.ts";
import { mergeVaultFiles } from "../../src/project/git/merge.ts";
import { initProject } from "../../src/project/init.ts";
import { readVaultInConflict } from "../../src/project/read-conflict.ts";
import { resolveVault } from "../../src/project/resolve.ts";
import { readSession, setSecrets } from "../../src/project/secrets/edit-secrets.ts";
import { listSecrets } from "../../src/project/secrets/read-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { verifyVault } from "../../src/project/verify-vault.ts";
import { parseVault } from "../../src/vault/document/format.ts";

/** The timed task, and its preparation. */
type Task = (folder: string, count: number) => Promise<() => unknown>;

function contextOf(root: string, stateFolder: string): SessionContext {
	const identity = identityOf(new Uint8Array(32).fill(1));
	const member = fingerprint(identity.publicKeys);
	return { root, environment: "production", identity, member, stateFolder };
}

/** A project of whose secrets this identity has version marks. */
function known(folder: string): SessionContext {
	return contextOf(join(folder, "project"), join(folder, "state"));
}

/** Sets the secrets with even numbers (remainder 0) or with odd numbers (remainder 1). */
async function setEvery(context: SessionContext, count: number, value: string, rest?: number): Promise<void> {
	const numbers = Array.from({ length: count }, (_, index) => index).filter(
		(index) => rest === undefined || index % 2 === rest,
	);
	await setSecrets(context, new Map(numbers.map((index) => [`SECRET_${index}`, `${value}-${index}`])));
}

/**
 * A project, and its vault on two branches: each branch changes one half of the secrets, and both change one
 * secret.
 */
const make: Task = async (folder, count) => async () => {
	const context = known(folder);
	await mkdir(context.root);
	await initProject(context, "alice");
	await setEvery(context, count, "value");
	const base = await readFile(join(context.root, "coffer.vault"));
	await writeFile(join(folder, "base"), base);
	for (const [rest, side] of ["ours", "theirs"].entries()) {
		const branch = contextOf(join(folder, side), join(folder, `state-${side}`));
		await mkdir(branch.root);
		await writeFile(join(branch.root, "coffer.vault"), base);
		await setEvery(branch, count, side, rest);
		// The two sides for the merge driver. The branches themselves also conflict in one secret, which only
		// the user can resolve.
		await writeFile(join(folder, `${side}.vault`), await readFile(join(branch.root, "coffer.vault")));
		await setSecrets(branch, new Map([["SECRET_0", `${side} decided`]]));
	}
};

const list: Task = async (folder, count) => async () => {
	const { session, remember } = await readSession(known(folder));
	const secrets = await listSecrets(session);
	await remember();
	if (secrets.length !== count) throw new Error(`listed ${secrets.length}`);
};

/**
 * Without version marks: every signature is checked, every record is decrypted, and all of it is remembered.
 */
const verifyCold: Task = async (folder, count) => {
	const { root, identity, member } = known(folder);
	const holder = { identity, member, stateFolder: join(folder, `cold-${process.pid}`) };
	return async () => {
		const { environments, findings } = await verifyVault({ root, environment: undefined, holder });
		if (findings.length > 0 || environments[0]?.opened !== count) throw new Error("not verified");
	};
};

const merge: Task = async (folder) => {
	const files = {
		base: join(folder, "base"),
		ours: join(folder, `merged-${process.pid}`),
		theirs: join(folder, "theirs.vault"),
	};
	await writeFile(files.ours, await readFile(join(folder, "ours.vault")));
	return () => mergeVaultFiles({ folder, variables: {} }, files);
};

const resolve: Task = async (folder) => {
	const root = join(folder, `resolved-${process.pid}`);
	await mkdir(root);
	await writeFile(join(root, "coffer.vault"), await readFile(join(folder, "conflicted")));
	return async () => {
		const read = await readVaultInConflict(root);
		const { decided } = await resolveVault(root, { read, take: () => "ours" });
		if (decided.length !== 1) throw new Error("no conflict");
	};
};

/** The floor for reading values: only libsodium's decryption. */
const opens: Task = async (_, count) => {
	const [key, associated] = [new Uint8Array(32), new Uint8Array(150)];
	const sealed = seal(new Uint8Array(64), associated, key);
	return () => {
		for (let left = count; left > 0; left--)
			if (!open(sealed, associated, key)) throw new Error("not opened");
	};
};

/** The time to check the signatures one after the other with libsodium. */
const signatures: Task = async (_, count) => {
	const keys = signingKeyPair(new Uint8Array(32));
	const content = new Uint8Array(400);
	const signature = sign(content, keys.privateKey);
	return () => {
		for (let left = count; left > 0; left--)
			if (!verify(signature, content, keys.publicKey)) throw new Error("not verified");
	};
};

const parse: Task = async (folder) => {
	const text = await readFile(join(folder, "base"), "utf8");
	return () => parseVault(text);
};

const TASKS = new Map(Object.entries({ make, list, verifyCold, merge, resolve, opens, signatures, parse }));

const [task = "", folder = "", count = ""] = process.argv.slice(2);
await cryptoReady;
const run = await TASKS.get(task)?.(folder, Number(count));
if (!run) throw new Error(`no task ${task}`);
const startMs = performance.now();
await run();
process.stdout.write(String(performance.now() - startMs));
