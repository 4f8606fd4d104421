/**
 * Every vector as the file of a project, read in the ways of the commands: listed, checked strictly,
 * repaired.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { fingerprint, identityOf } from "../../src/identity/identity.ts";
import { loadVault } from "../../src/project/files/vault-file.ts";
import { resolveVault } from "../../src/project/resolve.ts";
import { getSecret, readSession } from "../../src/project/secrets/edit-secrets.ts";
import { listSecrets } from "../../src/project/secrets/read-secrets.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import { verifyVault } from "../../src/project/verify-vault.ts";
import { verifyRoot } from "../../src/vault/chains/vault-chain.ts";
import { maskValue } from "../../src/vault/syntax/mask.ts";
import { readKit } from "../vectors/kit.ts";
import type { Value, Vector } from "../vectors/vector.ts";

const vectors = readKit();
let folder = "";
beforeAll(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-vectors-")));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Context = Omit<SessionContext, "environment">;

/** A project whose file is the vector, on a device that has read the vector's `seen` before. */
async function projectOf(vector: Vector, route = "read"): Promise<Context> {
	const place = join(folder, vector.name, route);
	const root = join(place, "project");
	await mkdir(root, { recursive: true });
	const identity = identityOf(new Uint8Array(32).fill(vector.identity), vector.bound);
	const member = fingerprint(identity.publicKeys);
	const context = { root, identity, member, stateFolder: join(place, "state") };
	const seen = vectors.find(({ name }) => name === vector.seen);
	if (seen) {
		await put(context, seen.content);
		await list(context);
	}
	await put(context, vector.content);
	return context;
}

const put = ({ root }: Context, content: Uint8Array) => writeFile(join(root, "coffer.vault"), content);

/** Lists and decrypts every secret of every environment, as commands do, and remembers it. */
async function list(context: Context): Promise<Value[]> {
	const { document } = await loadVault(context.root);
	const { environments } = verifyRoot(document.vaultId, document.links);
	const values: Value[] = [];
	const strangers: AppError[] = [];
	const names = [...new Set([...environments.keys(), ...document.environments.keys()])].sort();
	for (const environment of names) {
		try {
			const { session, remember } = await readSession({ ...context, environment });
			for (const { name, masked } of await listSecrets(session)) {
				const { value } = getSecret(session, name);
				expect(masked).toBe(maskValue(value));
				values.push([environment, name, value]);
			}
			for (const record of session.verified.section.records.values()) session.trust(record);
			await remember();
		} catch (error) {
			if (!(error instanceof AppError) || error.code !== "NOT_A_MEMBER") throw error;
			strangers.push(error);
		}
	}
	if (strangers[0] && strangers.length === names.length) throw strangers[0];
	return values;
}

async function verdictOf(action: () => Promise<readonly Value[] | undefined>) {
	try {
		return { expect: "good", exit: 0, line: undefined, values: await action() };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return { expect: error.code, exit: error.exit, line: error.line, values: undefined };
	}
}

describe.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
	const { expect: code, exit, line } = vector;

	test("is listed and has the expected result", async () => {
		const holder = await projectOf(vector);
		let codes: string[] = [];
		let first: number | null | undefined;
		try {
			const { findings } = await verifyVault({ root: holder.root, environment: undefined, holder });
			codes = [...new Set(findings.map((finding) => finding.code))];
			first = findings[0]?.line;
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			expect(error.exit).toBe(exit);
			[codes, first] = [[error.code], error.line];
		}
		// An identity that is not a member can check, too. The result then says what it could not decrypt.
		const sound = code === "good" || code === "NOT_A_MEMBER";
		expect(codes).toEqual(sound ? (vector.strict === undefined ? [] : [vector.strict]) : [code]);
		if (line !== undefined) expect(first).toBe(line);
		const values = vector.resolve === undefined ? vector.values : undefined;
		expect(await verdictOf(() => list(holder))).toEqual({ expect: code, exit, line, values });
	});
});

const conflicts = vectors.filter(({ resolve }) => resolve !== undefined);

test.each(conflicts.map((vector) => [vector.name, vector] as const))(
	"the repair of %s has the expected result",
	async (_, vector) => {
		const context = await projectOf(vector, "resolve");
		const verdict = await verdictOf(async () => {
			await resolveVault(context.root, { identity: context.identity });
			return list(context);
		});
		const { resolve, resolveLine: line, values } = vector;
		const exit = resolve === "good" ? 0 : /^(RECORD|VAULT_RECORD)_/.test(resolve ?? "") ? 7 : 5;
		expect(verdict).toEqual({
			expect: resolve,
			exit,
			line: line ?? (exit === 7 ? expect.any(Number) : line),
			values,
		});
	},
);
