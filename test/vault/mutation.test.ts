/** A spoilt vault is refused, always: by a typed error with a line, on every route, and never read wrongly. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { linkHash } from "../../src/vault/chain.ts";
import { type VaultDocument, verifyChains } from "../../src/vault/document.ts";
import { parseVault } from "../../src/vault/format.ts";
import { openKeys } from "../../src/vault/keys.ts";
import { advanceMarks, checkPin, compareMarks, type Mark, type Pin } from "../../src/vault/marks.ts";
import { maskValue } from "../../src/vault/mask.ts";
import { mergeRecords } from "../../src/vault/merge.ts";
import { openRecord, verifyRecord } from "../../src/vault/seal.ts";
import { alice, openEverything } from "./maker.ts";
import { mutantsOf, seededRandom } from "./mutants.ts";

const text = readFileSync(new URL("../vectors/team.vault", import.meta.url), "utf8");
const original = parseVault(text);
const values = openEverything(original, alice);

/** What a device that has read the vault remembers of it. */
const memory = new Map<string, { pin: Pin; marks: Map<string, Mark> }>();
for (const [name, section] of original.environments) {
	const marks = new Map<string, Mark>();
	advanceMarks(marks, section.records.values());
	const { epoch } = verifyChains(original, name).state;
	const pin = {
		vault: original.links.map(linkHash),
		environment: section.links.map(linkHash),
		epoch: epoch.number,
	};
	memory.set(name, { pin, marks });
}

/** Holds a document whose chains are verified against the memory. @returns whether a loss was noticed */
function noticed(document: VaultDocument): boolean {
	let loss = false;
	for (const [name, { pin, marks }] of memory) {
		const section = document.environments.get(name);
		if (!section) return true;
		loss ||= checkPin(pin, name, { vault: document.links, environment: section.links }).older;
		const { rolledBack, dropped } = compareMarks(marks, section.records);
		loss ||= rolledBack.length + dropped.length > 0;
	}
	return loss;
}

function requireSame(path: string, value: string | undefined): void {
	if (value !== values.get(path)) throw new Error(`${path} was read wrongly`);
}

/** Each reads a whole vault in its own way, fails where a value is not the original, and says whether a loss was noticed. */
const ROUTES: Record<string, (document: VaultDocument) => boolean> = {
	open(document) {
		for (const [path, value] of openEverything(document, alice)) requireSame(path, value);
		return noticed(document);
	},
	list(document) {
		for (const [path, value] of openEverything(document, alice)) {
			if (maskValue(value) !== maskValue(values.get(path) ?? ""))
				throw new Error(`${path} was masked wrongly`);
		}
		return noticed(document);
	},
	merge(document) {
		let moved = false;
		for (const [name, { marks }] of memory) {
			const { state, section } = verifyChains(document, name);
			const keys = openKeys(state, alice);
			const theirs = original.environments.get(name)?.records ?? new Map();
			const sides = {
				ours: section.records,
				theirs,
				base: marks,
				sameValue: () => false,
				isReseal: () => false,
			};
			const merged = mergeRecords(sides);
			moved ||= merged.send.length + merged.conflicts.length + merged.rolledBack.length > 0;
			for (const record of [...section.records.values(), ...merged.take]) {
				verifyRecord(state, record);
				requireSame(`${name}/${record.name}`, openRecord(state, keys, record));
			}
		}
		return noticed(document) || moved;
	},
	verify(document) {
		for (const name of document.environments.keys()) {
			const { state, section } = verifyChains(document, name);
			for (const record of section.records.values()) verifyRecord(state, record);
		}
		return noticed(document);
	},
};

/** What becomes of a mutant: how it was refused, or "noticed", or the fault of whoever read it. */
function fate(mutant: string, route: (document: VaultDocument) => boolean): string {
	try {
		return route(parseVault(mutant)) ? "noticed" : "ACCEPTED";
	} catch (error) {
		if (!(error instanceof AppError)) return `CRASHED: ${error}`;
		if (error.line === undefined) return `NO LINE: ${error.code}`;
		return [1, 5, 7].includes(error.exit) ? error.code : `EXIT ${error.exit}: ${error.code}`;
	}
}

function isFault(outcome: string): boolean {
	return /^(ACCEPTED|CRASHED|NO LINE|EXIT)/.test(outcome);
}

describe("mutants of a vault", () => {
	test("the vault itself is read on every route", () => {
		for (const route of Object.values(ROUTES)) expect(fate(text, route)).toBe("ACCEPTED");
	});

	test("each is refused with a typed error and a line, or its loss is noticed", () => {
		const routes = Object.values(ROUTES);
		const pick = seededRandom(7);
		const faults: string[] = [];
		const fates = new Map<string, number>();
		let count = 0;
		for (const mutant of mutantsOf(text, 20_260_101)) {
			const route = routes[pick(routes.length)];
			const outcome = route ? fate(mutant.text, route) : "no route";
			fates.set(outcome, (fates.get(outcome) ?? 0) + 1);
			if (isFault(outcome)) faults.push(`${mutant.what}: ${outcome}`);
			count++;
		}
		expect(faults).toEqual([]);
		expect(count).toBeGreaterThan(5000);
		// The mutants reach every layer: text, words, hashes, signatures of links and of records.
		expect([...fates.keys()]).toEqual(
			expect.arrayContaining([
				"VAULT_CONFLICTED",
				"VAULT_MALFORMED",
				"VAULT_TRUNCATED",
				"VAULT_VERSION_UNKNOWN",
				"VAULT_UNSORTED",
				"VAULT_NAME_DUPLICATE",
				"VAULT_NAME_INVALID",
				"VAULT_RECORD_MALFORMED",
				"VAULT_LINK_MALFORMED",
				"VAULT_LINK_FORGED",
				"VAULT_CHAIN_BROKEN",
				"VAULT_ID_MISMATCH",
				"RECORD_FORGED",
				"RECORD_EPOCH_UNKNOWN",
				"RECORD_AUTHOR_UNKNOWN",
				"noticed",
			]),
		);
	});
});
