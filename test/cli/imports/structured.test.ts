/** What imports read from JSON and YAML, and how they recognise the kind of a file. */
import { describe, expect, test } from "vitest";
import { selectEntries } from "../../../src/cli/imports/entries.ts";
import { guessKind } from "../../../src/cli/imports/kinds.ts";
import { readEntries } from "../../../src/cli/imports/read.ts";
import { AppError } from "../../../src/errors.ts";

const CANARY = "canary-5b1e";

function refusal(work: () => unknown): AppError {
	try {
		work();
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}

describe("the kind of a file", () => {
	test.each([
		[".env", "A=1\n", "dotenv"],
		[".env", "export A: x\nB=1\n", "dotenv"],
		["standard input", '{"A": "1"}', "json"],
		["a.yaml", "A: 1\n", "yaml"],
		["standard input", "# c\nA: 1\n", "yaml"],
		["a.json", '{"A": "ENC[…]", "sops": {"mac": "x"}}', "sops"],
		["a.yaml", "A: ENC[…]\nsops:\n  mac: x\n", "sops"],
		[".env", "A=ENC[…]\nsops_version=3\n", "sops"],
		["a.json", '[{"key": "A", "value": "1"}]', "infisical"],
		["a.json", '{"id": "x", "fields": [{"label": "A"}]}', "1password"],
		[".env", "A=op://v/i/f\n", "1password"],
		[".env", 'DOTENV_PUBLIC_KEY="03"\n', "dotenvx"],
		[".env", 'A="encrypted:x"\n', "dotenvx"],
		[".env.local", '# Created by Vercel CLI\nA="1"\n', "vercel"],
		["app/.dev.vars", "A=1\n", "wrangler"],
		["supabase/functions/.env", "A=1\n", "supabase"],
	] as const)("%s with %j is %s", (path, text, kind) => {
		expect(guessKind(path, text)).toBe(kind);
	});
});

describe("exports of other tools", () => {
	test("Infisical's list", () => {
		const text = '[{"key": "A", "value": "1", "type": "shared"},\n {"secretKey": "B", "secretValue": ""}]';
		expect(readEntries("i.json", text, "infisical", undefined)).toEqual([
			{ name: "A", value: "1", line: 1 },
			{ name: "B", value: "", line: 2 },
		]);
		const broken = '[{"key": "A", "value": "1"},\n {"key": "B"}]';
		expect(refusal(() => readEntries("i.json", broken, "infisical", undefined))).toMatchObject({ line: 2 });
	});

	test("an item of 1Password, without the fields that have no value", () => {
		const fields = '[{"id": "a", "label": "A", "value": "1"},\n {"id": "b", "label": "notesPlain"}]';
		const entries = readEntries("o.json", `{"fields": ${fields}}`, "1password", undefined);
		expect(entries).toEqual([{ name: "A", value: "1", line: 1 }]);
		const error = refusal(() => readEntries("o.json", '{"title": "x"}', "1password", undefined));
		expect(error.hint).toContain("op item get");
	});

	test("Supabase's digests and files of SOPS are refused with what to do instead", () => {
		const table = "  NAME | DIGEST\n -----|----\n  A | 9f86\n";
		expect(refusal(() => readEntries("-", table, "supabase", undefined)).code).toBe("IMPORT_DIGESTS");
		expect(refusal(() => readEntries("a.yaml", "A: 1\n", "sops", undefined)).hint).toContain("sops decrypt");
	});
});

describe("hostile JSON and YAML", () => {
	test.each([
		["deep lists", "yaml", "[".repeat(100_000)],
		["deep JSON", "json", `${'{"A":'.repeat(50_000)}1${"}".repeat(50_000)}`],
		["deep lists of lines", "yaml", `${"- ".repeat(50_000)}x`],
		["many aliases", "yaml", `A: &a [${CANARY}]\n${"B: [*a, *a]\n".repeat(5)}`],
		["a tag", "yaml", `A: !!binary ${CANARY}\n`],
		["a merge", "yaml", `A: &x {B: ${CANARY}}\n<<: *x\n`],
		["two documents", "yaml", `A: 1\n---\nB: ${CANARY}\n`],
		["a list", "json", `["${CANARY}"]`],
		["a text", "yaml", CANARY],
		["nothing", "yaml", ""],
		["a name twice", "json", `{"A": "1", "A": "${CANARY}"}`],
	] as const)("%s is refused, without a value in the error", (_, kind, text) => {
		const error = refusal(() => readEntries("f", text, kind, undefined));
		expect(error.exit).toBe(2);
		expect(`${error.message} ${error.hint}`).not.toContain(CANARY);
	});

	test("faults of a file of one line are told apart", () => {
		const nested = '{"A": "1", "B": {"raw": "2"}, "C": null, "x y": []}';
		expect(refusal(() => readEntries("n.json", nested, "json", undefined)).message.split("\n")).toEqual([
			"n.json, line 1: B: the value is a mapping, not a text.",
			"line 1: C: there is no value.",
			"line 1: the value is a list, not a text.",
		]);
		const entries = readEntries("n.json", `{"A": "1", "${CANARY}": "2"}`, "json", undefined);
		const error = refusal(() => selectEntries("n.json", entries, { prefix: "", only: undefined }));
		expect(error.message).toContain("line 1: value 2: the name is not valid");
		expect(error.message).not.toContain(CANARY);
	});

	test("a name of Object's prototype is a name like others", () => {
		const entries = readEntries("f", '{"__proto__": "x", "constructor": "y"}', "json", undefined);
		expect(entries.map(({ name, value }) => [name, value])).toEqual([
			["__proto__", "x"],
			["constructor", "y"],
		]);
	});
});
