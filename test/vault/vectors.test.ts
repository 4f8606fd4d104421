/** Coffer's own reader has the expected result for every vector: error code, exit status and line. */
import { describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { verifyRoot } from "../../src/vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../src/vault/document/format.ts";
import { mergeVaults } from "../../src/vault/merge/merge-vaults.ts";
import { verifyRecord } from "../../src/vault/records/seal.ts";
import { makeVectors } from "../vectors/all.ts";
import { LINE } from "../vectors/cases/case.ts";
import { readKit } from "../vectors/kit.ts";
import { parseVector, printVector, type Value, type Vector } from "../vectors/vector.ts";
import { openVault, seeded } from "./maker.ts";

const vectors = readKit();
/** The vectors for a device without a memory: UTF-8 texts whose fault is in the file itself. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const inText = vectors.filter(({ content, seen, bound }) => {
	const isText = Buffer.compare(Buffer.from(decoder.decode(content)), content) === 0;
	return isText && seen === undefined && bound === undefined;
});

interface Verdict {
	readonly expect: string;
	readonly exit: number;
	readonly line: number | undefined;
	readonly values?: readonly Value[] | undefined;
}

type Route = (document: VaultDocument, vector: Vector) => readonly Value[] | undefined;

function verdictOf(vector: Vector, route: Route): Verdict {
	try {
		const values = route(parseVault(decoder.decode(vector.content)), vector);
		return { expect: "good", exit: 0, line: undefined, values };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return { expect: error.code, exit: error.exit, line: error.line, values: undefined };
	}
}

const open: Route = (document, { identity }) => openVault(document, seeded(identity));

/** Merges with a side that has the same chains and no records, so that every record is verified. */
const merge: Route = (document, vector) => {
	const environments = [...document.environments].map(
		([name, section]) => [name, { ...section, records: new Map() }] as const,
	);
	const bare = { ...document, environments: new Map(environments) };
	const united = mergeVaults(document, bare);
	// A record of a removed author is a conflict and not in the merged vault.
	for (const { environment, ours } of united.conflicts)
		if (ours) verifyRecord(verifyChains(united.document, environment).state, ours);
	return open(united.document, vector);
};

/** Verifies everything that needs no key. */
const verify: Route = (document) => {
	for (const name of verifyRoot(document.vaultId, document.links).environments.keys())
		verifyChains(document, name);
	for (const name of document.environments.keys()) {
		const { section, state } = verifyChains(document, name);
		for (const record of section.records.values()) verifyRecord(state, record);
	}
	return undefined;
};

/** The result if one side deleted an environment that the other side still has. */
const DELETED = { expect: "ENVIRONMENT_CONFLICT", exit: 5, line: LINE.preview + 1 };

const KEYS_SEE = ["VAULT_KEY_WRONG", "RECORD_UNREADABLE", "NOT_A_MEMBER"];

describe.each(inText.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
	const { expect: code, exit, line, resolve } = vector;
	const values = resolve === undefined ? vector.values : undefined;

	test("open", () => {
		expect(verdictOf(vector, open)).toEqual({ expect: code, exit, line, values });
	});

	test("merge", () => {
		const expected = vector.name === "environment-deleted" ? DELETED : { expect: code, exit, line };
		expect(verdictOf(vector, merge)).toEqual({ ...expected, values });
	});

	test("verify", () => {
		const sound = { expect: "good", exit: 0, line: undefined };
		const expected = KEYS_SEE.includes(code) ? sound : { expect: code, exit, line };
		expect(verdictOf(vector, verify)).toEqual({ ...expected, values: undefined });
	});
});

test("parsing and printing a valid vector gives the same bytes", () => {
	const sound = inText.filter(({ expect: code }) => code === "good");
	expect(sound.length).toBeGreaterThan(30);
	for (const { content } of sound) {
		const text = decoder.decode(content);
		expect(printVault(parseVault(text))).toBe(text);
	}
});

describe("the committed vectors", () => {
	test("are the bytes that the generator makes now", () => {
		const made = makeVectors();
		expect(vectors.map(({ name }) => name)).toEqual(made.map(({ name }) => name));
		for (const [index, vector] of made.entries()) {
			const { content, ...header } = vectors[index] as Vector;
			const { content: today, ...headerToday } = parseVector(vector.name, printVector(vector));
			expect(header).toEqual(headerToday);
			expect(Buffer.compare(content, today), vector.name).toBe(0);
		}
	});

	test("cover every error code that a file can cause", () => {
		const shown = vectors.flatMap(({ expect: code, strict, resolve }) => [code, strict, resolve]);
		expect([...new Set(shown)].filter((code) => code !== undefined).sort()).toEqual([
			"ENVIRONMENT_CONFLICT",
			"MEMBERSHIP_CONFLICT",
			"MEMBERSHIP_DIVERGED",
			"MEMBERSHIP_ROLLED_BACK",
			"MERGE_CONFLICT",
			"NOT_A_MEMBER",
			"RECORD_AUTHOR_REMOVED",
			"RECORD_AUTHOR_UNKNOWN",
			"RECORD_DROPPED",
			"RECORD_EPOCH_UNKNOWN",
			"RECORD_FORGED",
			"RECORD_REPLACED",
			"RECORD_ROLLED_BACK",
			"RECORD_UNREADABLE",
			"VAULTS_DIFFER",
			"VAULT_CHAIN_BROKEN",
			"VAULT_CONFLICTED",
			"VAULT_CONFLICT_UNREADABLE",
			"VAULT_ENVIRONMENT_DROPPED",
			"VAULT_ENVIRONMENT_UNKNOWN",
			"VAULT_ID_MISMATCH",
			"VAULT_KEY_WRONG",
			"VAULT_LINK_FORGED",
			"VAULT_LINK_MALFORMED",
			"VAULT_LINK_REFUSED",
			"VAULT_MALFORMED",
			"VAULT_NAME_DUPLICATE",
			"VAULT_NAME_INVALID",
			"VAULT_RECORD_MALFORMED",
			"VAULT_REPLACED",
			"VAULT_TOO_LARGE",
			"VAULT_TRUNCATED",
			"VAULT_UNSORTED",
			"VAULT_VERSION_UNKNOWN",
			"good",
		]);
	});
});
