import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import {
	appInfoSchema,
	changeEventSchema,
	changeSchema,
	changesPageSchema,
	createAppSchema,
	decode,
	deploySchema,
	logEntrySchema,
	MESSAGE_LIMITS,
	platformInfoSchema,
} from "../../src/protocol/messages.ts";
import { refusal } from "../support/refusal.ts";

const HASH = "A".repeat(43);
const SIGNATURE = "A".repeat(86);
const head = { revision: 1, head: HASH };
const change = {
	operation: HASH,
	base: head,
	header: { vault: ["v"], environment: ["e"] },
	records: ["r"],
	author: HASH,
	signature: SIGNATURE,
};
const entry = { revision: 1, head: HASH, change };

const MESSAGES: [string, z.ZodType, Record<string, unknown>][] = [
	["a change", changeSchema, change],
	["a log entry", logEntrySchema, entry],
	["a log entry with its time", logEntrySchema, { ...entry, receivedMs: 1_800_000_000_000 }],
	["a page", changesPageSchema, { ...head, entries: [entry] }],
	["an accepted event", changeEventSchema, { type: "accepted", ...head, since: [], repeat: false }],
	["a request for an app", createAppSchema, { vaultId: HASH, environment: "production" }],
	[
		"an app",
		appInfoSchema,
		{ app: "shop", vaultId: HASH, environment: "production", ...head, url: "http://x" },
	],
	["a platform", platformInfoSchema, { version: "1", sign: HASH, box: HASH, fingerprint: "A".repeat(22) }],
	[
		"a deployment",
		deploySchema,
		{ files: [["a.ts", HASH]], functions: [{ name: "a", entry: "a.ts" }], prune: false },
	],
];

/** Optional fields: whether to prune, and the time, which older entries do not have. */
const OPTIONAL = ["prune", "receivedMs"];

describe.each(MESSAGES)("%s", (_, schema, message) => {
	test("is decoded unchanged", () => {
		expect(decode(schema, JSON.parse(JSON.stringify(message)), "It")).toEqual(message);
	});

	test("is refused if a field is missing or has another type", () => {
		for (const field of Object.keys(message)) {
			const { [field]: _gone, ...rest } = message;
			const wrong = [7.5, -1, [[]], { a: 1 }, Number.NaN];
			const invalid: object[] = wrong.map((each) => ({ ...message, [field]: each }));
			if (!OPTIONAL.includes(field)) invalid.push(rest);
			for (const each of invalid)
				expect(refusal(() => decode(schema, each, "It"))).toMatchObject({ code: "MESSAGE_INVALID", exit: 2 });
		}
	});

	test("is refused if it is not an object", () => {
		fc.assert(
			fc.property(fc.jsonValue(), (junk) => {
				expect(refusal(() => decode(schema, junk, "It")).code).toBe("MESSAGE_INVALID");
			}),
			{ numRuns: 50 },
		);
		for (const junk of [null, undefined, "", 0, [], [message], () => message]) {
			expect(refusal(() => decode(schema, junk, "It", 6))).toMatchObject({
				code: "MESSAGE_INVALID",
				exit: 6,
			});
		}
	});
});

describe("a request to the platform", () => {
	const asked: [z.ZodType, object][] = [
		[changeSchema, change],
		[createAppSchema, { vaultId: HASH, environment: "production" }],
		[deploySchema, { files: [], functions: [], prune: true }],
	];
	test.each(asked)("is refused with an unknown field (%#)", (schema, message) => {
		const polluted = JSON.parse(`{"__proto__": {"admin": true}, ${JSON.stringify(message).slice(1)}`);
		for (const more of [{ ...message, extra: 1 }, { ...message, constructor: 1 }, polluted]) {
			expect(refusal(() => decode(schema, more, "It")).code).toBe("MESSAGE_INVALID");
		}
		expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
	});

	test("is refused above the limits", () => {
		const long = [
			{ ...change, records: Array.from({ length: MESSAGE_LIMITS.recordsPerChange + 1 }, () => "r") },
			{ ...change, records: ["r".repeat(128 * 1024 + 1)] },
			{ ...change, header: { vault: ["v".repeat(64 * 1024 + 1)], environment: ["e"] } },
			{ ...change, header: { vault: [], environment: ["e"] } },
			{ ...change, header: { vault: ["v"], environment: Array.from({ length: 10_001 }, () => "e") } },
			{ ...change, base: { revision: Number.MAX_SAFE_INTEGER + 1, head: HASH } },
		];
		for (const message of long)
			expect(refusal(() => decode(changeSchema, message, "It")).code).toBe("MESSAGE_INVALID");
		const most = { ...change, records: Array.from({ length: MESSAGE_LIMITS.recordsPerChange }, () => "r") };
		expect(decode(changeSchema, most, "It")).toEqual(most);
	});

	test.each([
		`${HASH}A`,
		HASH.slice(1),
		`${HASH.slice(1)}=`,
		`${HASH.slice(1)}+`,
		`${HASH.slice(1)}B`,
		`${HASH}\n`,
		` ${HASH}`,
	])("is refused with base64 that is not strict: %j", (text) => {
		for (const message of [
			{ ...change, operation: text },
			{ ...change, author: text },
			{ ...change, base: { ...head, head: text } },
		]) {
			expect(refusal(() => decode(changeSchema, message, "It")).code).toBe("MESSAGE_INVALID");
		}
	});
});

test("an error names the field and never its content", () => {
	const error = refusal(() =>
		decode(changeSchema, { ...change, records: [{ canary: "s3cret" }] }, "The change"),
	);
	expect(error.message).toMatch(/^The change is not valid at records\.0: /);
	expect(JSON.stringify(error)).not.toContain("s3cret");
	const named = refusal(() => decode(changeSchema, { ...change, s3cret: 1 }, "The change"));
	expect(JSON.stringify(named)).not.toContain("s3cret");
});
