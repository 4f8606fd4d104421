import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withRecords } from "../../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { LIMITS } from "../../../src/vault/syntax/syntax.ts";
import { refusal } from "../../support/refusal.ts";
import {
	alice,
	bob,
	carol,
	dave,
	openEverything,
	PRODUCTION,
	seeded,
	teamVault,
	VaultMaker,
} from "../maker.ts";

const vector = (name: string) => readFileSync(new URL(`../../vectors/${name}`, import.meta.url), "utf8");
const text = vector("team.vault");

/** The text with one line, numbered from 1, changed. */
function withLine(line: number, change: (text: string) => string): string {
	const lines = text.split("\n");
	lines[line - 1] = change(lines[line - 1] ?? "");
	return lines.join("\n");
}

/** 1-based number of the first line that is this text. */
function lineOf(line: string, from = 0): number {
	return text.split("\n").indexOf(line, from) + 1;
}

describe("the vector", () => {
	const { vaultId, members, secrets } = JSON.parse(vector("team.json"));
	const expected = new Map(
		secrets.map(([environment, name, value]: string[]) => [`${environment}/${name}`, value]),
	);

	test("has the expected contents", () => {
		const document = parseVault(text);
		expect(document.vaultId).toBe(vaultId);
		expect(openEverything(document, seeded(members.alice))).toEqual(expected);
	});

	test("opens for the members of production and for nobody else", () => {
		const maker = new VaultMaker();
		maker.document = parseVault(text);
		for (const member of [alice, bob, carol]) expect(maker.keys(PRODUCTION, member).key.length).toBe(32);
		for (const other of [dave, seeded(9)]) {
			expect(refusal(() => maker.keys(PRODUCTION, other))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
		}
	});
});

describe("printVault and parseVault", () => {
	test("are inverse to each other for the vector", () => {
		expect(printVault(parseVault(text))).toBe(text);
	});

	test("are inverse to each other for any names, set in any order", () => {
		const maker = new VaultMaker();
		const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/), { maxLength: 8 });
		fc.assert(
			fc.property(names, fc.string(), (drawn, value) => {
				const well = value.toWellFormed();
				const records = drawn.map((name) => maker.seal(name, well));
				const document = withRecords(maker.document, PRODUCTION, records);
				const printed = printVault(document);
				expect(printVault(parseVault(printed))).toBe(printed);
				const blocks = printed.slice(printed.indexOf("environment")).split("\n\n").slice(1, -1);
				expect(blocks.map((block) => block.split("\n")[0])).toEqual([...drawn].sort());
			}),
			{ numRuns: 30 },
		);
	});

	test("the text is ASCII, whatever the values", () => {
		expect(teamVault().text).toMatch(/^[\n -~]*$/);
	});
});

describe("parseVault reports the fault and its line", () => {
	const name = lineOf("EMPTY");
	test.each([
		["", 1, "VAULT_TRUNCATED"],
		[`\uFEFF${text}`, 1, "VAULT_MALFORMED"],
		[text.replaceAll("\n", "\r\n"), 1, "VAULT_MALFORMED"],
		[text.slice(0, -1), text.split("\n").length - 1, "VAULT_TRUNCATED"],
		[`${text}\n`, text.split("\n").length + 1, "VAULT_TRUNCATED"],
		[withLine(2, () => " "), 2, "VAULT_MALFORMED"],
		[withLine(3, () => "Vault"), 3, "VAULT_MALFORMED"],
		[withLine(4, (line) => line.replace("link 0 -", "link 00 -")), 4, "VAULT_LINK_MALFORMED"],
		[withLine(4, (line) => line.replaceAll(" ", "\t")), 4, "VAULT_MALFORMED"],
		[withLine(5, (line) => `${line}=`), 5, "VAULT_LINK_MALFORMED"],
		[withLine(name, () => "EMPTY-"), name, "VAULT_NAME_INVALID"],
		[withLine(name, () => "API_KEY"), name, "VAULT_NAME_DUPLICATE"],
		[withLine(name, () => "AAA"), name, "VAULT_UNSORTED"],
		[withLine(name, () => "__proto__"), lineOf("GONE"), "VAULT_UNSORTED"],
		[withLine(name + 1, (line) => line.replace("v1", "v01")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 1, (line) => line.replace("v1", "v0")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 1, (line) => line.replace("v1", "v1000000000")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 1, (line) => line.replace("live", "dead")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 1, (line) => line.replace(/ 1 /, " 3 ")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 1, (line) => line.replace(/ 2\./, " 02.")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 1, (line) => line.replace(/ 1 /, "  1 ")), name + 1, "VAULT_RECORD_MALFORMED"],
		[withLine(name + 2, () => "EMPTY"), name + 2, "VAULT_MALFORMED"],
		[withLine(lineOf("end production"), () => "end staging"), lineOf("end production"), "VAULT_NAME_INVALID"],
		[
			withLine(lineOf("environment preview"), () => "environment zeta"),
			lineOf("end preview"),
			"VAULT_NAME_INVALID",
		],
		[text.replaceAll("preview", "zeta"), lineOf("environment production"), "VAULT_UNSORTED"],
	])("case %#", (mutant, line, code) => {
		expect(refusal(() => parseVault(mutant))).toMatchObject({ code, exit: 7, line });
	});

	test("git's conflict markers are a conflict, not damage, and a lone line of equals signs is damage", () => {
		const conflicted = withLine(name, (line) => `<<<<<<< HEAD\n${line}`);
		expect(refusal(() => parseVault(conflicted))).toMatchObject({
			code: "VAULT_CONFLICTED",
			exit: 5,
			line: name,
		});
		expect(refusal(() => parseVault(withLine(name, () => "=======")))).toMatchObject({ exit: 7, line: name });
	});

	test("a later format has an error of its own", () => {
		const later = text.replace("coffer-vault 1", "coffer-vault 2");
		expect(refusal(() => parseVault(later))).toMatchObject({
			code: "VAULT_VERSION_UNKNOWN",
			exit: 1,
			line: 1,
		});
	});

	test("an unexpected line is shown shortened and with escaped control characters", () => {
		const strange = `\u001b[2J${"x".repeat(1000)}`;
		const { message } = refusal(() => parseVault(withLine(3, () => strange)));
		expect(message).toContain("\\u{1b}[2J");
		expect(message.length).toBeLessThan(200);
	});

	test("refuses more records than the limit", () => {
		const block = text
			.split("\n")
			.slice(name, name + 2)
			.join("\n");
		const blocks = Array.from(
			{ length: LIMITS.recordsPerEnvironment + 1 },
			(_, index) => `N${100_000 + index}\n${block}`,
		);
		const stuffed = text.replace("\n\nend staging", `\n\n${blocks.join("\n")}\nend staging`);
		expect(refusal(() => parseVault(stuffed))).toMatchObject({ code: "VAULT_TOO_LARGE", exit: 7 });
	});
});

test("withRecords refuses more records than an environment may hold, naming the limit", () => {
	const maker = new VaultMaker();
	const record = maker.seal("A", "");
	const records = Array.from({ length: LIMITS.recordsPerEnvironment + 1 }, (_, index) => ({
		...record,
		name: `N${index}`,
	}));
	const error = refusal(() => withRecords(maker.document, PRODUCTION, records));
	expect(error).toMatchObject({ code: "TOO_MANY_SECRETS", exit: 2 });
	expect(error.message).toContain("10000");
});
