/** The text of requests and answers, their signatures, and which of them count. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	type JudgedRequest,
	judgeRequests,
	makeEntry,
	type NewEntry,
} from "../../../src/vault/requests/answers.ts";
import {
	entryFile,
	isReason,
	parseEntry,
	printEntry,
	REASON_MAX,
	type RequestEntry,
} from "../../../src/vault/requests/entry.ts";
import { alice, bob, carol, mallory, PRODUCTION, VaultMaker } from "../maker.ts";

const maker = new VaultMaker().add(bob, "writer", "bob").add(carol, "reader", "carol").environment("preview");
const { vaultId } = maker.document;

const CONTENT: NewEntry = {
	kind: "request",
	name: "API_KEY",
	environment: PRODUCTION,
	seen: 0,
	answers: "",
	at: "2026-11-30T04:00:00.000Z",
	by: "bob",
	reason: "The nightly export needs the key of the reporting account.",
};

function answerTo(
	request: RequestEntry,
	by: typeof alice | undefined,
	more: Partial<NewEntry> = {},
): RequestEntry {
	const content = {
		...CONTENT,
		kind: "decline",
		answers: request.id,
		reason: "Use another one",
		...more,
	} as const;
	return makeEntry(vaultId, content, by?.signing);
}

const reasons = fc
	.array(
		fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((word) => word.replaceAll(/\s/gu, "")),
		{
			minLength: 1,
			maxLength: 8,
		},
	)
	.map((words) => words.filter((word) => word !== "").join(" "))
	.filter(isReason);

describe("the text", () => {
	test("is read again as it was written, in lines that git compares whole", () => {
		fc.assert(
			fc.property(reasons, fc.boolean(), fc.nat(999_999_999), (reason, isSigned, seen) => {
				const entry = makeEntry(vaultId, { ...CONTENT, reason, seen }, isSigned ? bob.signing : undefined);
				const text = printEntry(entry);
				expect(parseEntry(text)).toEqual(entry);
				expect(parseEntry(text.replaceAll("\n", "\r\n"))).toEqual(entry);
				for (const line of text.split("\n").slice(0, -1)) {
					expect(line.startsWith(entry.id)).toBe(true);
					if (line.includes(" reason ")) expect(Buffer.byteLength(line)).toBeLessThan(64);
				}
			}),
			{ numRuns: 200 },
		);
	});

	const text = printEntry(makeEntry(vaultId, CONTENT, bob.signing));
	const id = text.slice(0, 16);
	const twice = text.replace(/^.* name .*\n/m, (line) => line + line);
	test.each([
		["an empty file", ""],
		["another version", text.replace("coffer-request 1", "coffer-request 2")],
		["a line with another id", text.replace(`${id} name`, "0123456789abcdef name")],
		["a line twice", twice],
		["an unknown line", `${text}${id} more x\n`],
		["no line feed at the end", text.slice(0, -1)],
		["two kinds", text.replace("coffer-request 1", `coffer-request 1\n${id} coffer-decline 1`)],
		["a name that is none", text.replace("name API_KEY", "name API-KEY")],
		["a path as its name", text.replace("name API_KEY", "name ../../x")],
		["an environment that is none", text.replace("environment production", "environment Production")],
		["a sequence of the terminal in the reason", text.replace("The nightly", "\u001b[2Jnightly")],
		["a C1 control in the reason", text.replace("The nightly", "\u009b2Jnightly")],
		["a reversed reason", text.replace("The nightly", "\u202enightly")],
		["a mark of the terminal's styles", text.replace("The nightly", "\ufdd2nightly")],
		["a long reason", text.replace("The nightly", "x".repeat(REASON_MAX))],
		["an asker with a control character", text.replace("by bob", "by bob\u0007")],
		["a time that is none", text.replace("2026-11-30T04", "2026-11-30T94")],
		["a signature without a key", text.replace(/^.* key .*\n/m, "")],
		["a shorter key", text.replace(/( key [\w-]{42}).\n/, "$1\n")],
	])("with %s is no entry", (_, hostile) => {
		expect(hostile).not.toBe(text);
		expect(parseEntry(hostile)).toBeUndefined();
	});

	test("its file's name has the name and the id", () => {
		const request = makeEntry(vaultId, CONTENT, undefined);
		const answer = answerTo(request, alice);
		expect(entryFile(request)).toBe(`API_KEY.${request.id}.request`);
		expect(entryFile(answer)).toBe(`API_KEY.${request.id}.${answer.id}.decline`);
	});
});

const judged = (entries: readonly RequestEntry[], vault = maker): JudgedRequest | undefined =>
	judgeRequests(vault.verified(), entries)[0];

describe("the signature", () => {
	const signed = makeEntry(vaultId, CONTENT, bob.signing);

	test("shows a member of the environment", () => {
		expect(judged([signed])?.asker).toMatchObject({ name: "bob", role: "writer" });
	});

	test.each([
		{ name: "OTHER" },
		{ id: "0123456789abcdef" },
		{ seen: 7 },
		{ at: "2026-11-30T05:00:00.000Z" },
		{ by: "alice" },
		{ reason: "Something else" },
	])("covers %j", (change) => {
		expect(judged([{ ...signed, ...change }])?.asker).toBeUndefined();
	});

	test("shows nobody for another key, another vault, a stranger, or no signature", () => {
		const { signature } = signed.signed ?? { signature: "" };
		const forged = { ...signed, signed: { key: alice.publicKeys.sign, signature } };
		const foreign = makeEntry(new VaultMaker().document.vaultId, CONTENT, bob.signing);
		const stranger = makeEntry(vaultId, { ...CONTENT, by: "alice" }, mallory.signing);
		const unsigned = makeEntry(vaultId, { ...CONTENT, by: "alice" }, undefined);
		for (const entry of [forged, foreign, stranger, unsigned]) {
			expect(judged([entry])).toMatchObject({ state: "open", asker: undefined });
		}
	});
});

describe("a request", () => {
	const request = makeEntry(vaultId, CONTENT, undefined);

	test("is filled by a value, and stays filled if the value is deleted", () => {
		const filled = new VaultMaker().set("API_KEY", "v");
		expect(judged([request], filled)?.state).toBe("filled");
		expect(judged([request], filled.set("API_KEY", undefined))?.state).toBe("filled");
		const again = makeEntry(filled.document.vaultId, { ...CONTENT, seen: 2 }, undefined);
		expect(judged([again], filled)?.state).toBe("open");
		expect(judged([again], filled.set("API_KEY", "w"))?.state).toBe("filled");
	});

	test("is declined by a writer, and by nobody else", () => {
		const answer = answerTo(request, bob);
		expect(judged([answer, request])).toMatchObject({ state: "declined", decline: { by: "bob" } });
		const invalid = [
			answerTo(request, undefined),
			answerTo(request, carol),
			answerTo(request, mallory),
			answerTo(request, bob, { name: "OTHER" }),
			answerTo(request, bob, { environment: "preview" }),
			{ ...answer, answers: "0123456789abcdef" },
			{ ...answer, reason: "Another reason" },
		];
		expect(judged([...invalid, request])).toMatchObject({ state: "open", decline: undefined });
	});

	test("counts in its environment only", () => {
		expect(judged([makeEntry(vaultId, { ...CONTENT, environment: "preview" }, undefined)])).toBeUndefined();
	});
});
