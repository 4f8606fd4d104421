import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { identityOf } from "../../src/identity/identity.ts";
import {
	type Change,
	emptyHead,
	type Head,
	type Header,
	isAuthenticChange,
	type LogContext,
	makeChange,
	nextHead,
	operationId,
} from "../../src/protocol/change.ts";

await cryptoReady;

const author = identityOf(new Uint8Array(32).fill(1));
const other = identityOf(new Uint8Array(32).fill(2));
const context: LogContext = { app: "shop", vaultId: "A".repeat(43), environment: "production" };
const others: LogContext[] = [
	{ ...context, app: "shop2" },
	{ ...context, vaultId: "B".repeat(43) },
	{ ...context, environment: "preview" },
	// The same characters, split at another position.
	{ app: "shopA", vaultId: "A".repeat(42), environment: "production" },
];

const text = fc.string({ maxLength: 20 }).map((drawn) => drawn.toWellFormed());
const texts = fc.array(text, { maxLength: 4 });
const header = fc.option(fc.record<Header>({ vault: texts, environment: texts }));
const head = fc.record<Head>({ revision: fc.nat(), head: text });
const contents = fc.record({ header, records: texts });

const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

describe("operationId", () => {
	test("is equal for equal content only", () => {
		fc.assert(
			fc.property(contents, contents, (one, two) => {
				const id = operationId(context, one.header, one.records);
				expect(id).toMatch(/^[\w-]{43}$/);
				expect(id === operationId(context, two.header, two.records)).toBe(isEqual(one, two));
			}),
		);
	});

	test("depends on how the texts are divided into chains and records", () => {
		const lines = ["a", "b", "c"];
		const ids = new Set<string>([operationId(context, null, lines)]);
		for (let first = 0; first <= 3; first++) {
			for (let second = first; second <= 3; second++) {
				const parted = { vault: lines.slice(0, first), environment: lines.slice(first, second) };
				ids.add(operationId(context, parted, lines.slice(second)));
			}
		}
		expect(ids.size).toBe(11);
	});

	test("does not depend on the base, so that a retry is the same operation", () => {
		const content = { header: null, records: ["r"] };
		const one = makeChange(context, emptyHead(context), content, author);
		const two = makeChange(context, { revision: 7, head: "x" }, content, author);
		expect(two.operation).toBe(one.operation);
	});

	test("differs for another app, vault or environment", () => {
		const ids = [context, ...others].map((place) => operationId(place, null, ["r"]));
		expect(new Set(ids).size).toBe(ids.length);
	});
});

describe("isAuthenticChange", () => {
	test("accepts a signed change in its own log only", () => {
		fc.assert(
			fc.property(head, contents, (base, content) => {
				const change = makeChange(context, base, content, author);
				expect(isAuthenticChange(context, change)).toBe(true);
				for (const place of others) expect(isAuthenticChange(place, change)).toBe(false);
			}),
			{ numRuns: 25 },
		);
	});

	const change = makeChange(
		context,
		{ revision: 3, head: "h" },
		{ header: { vault: ["v"], environment: ["e"] }, records: ["r", "s"] },
		author,
	);
	const forgeries: [string, Change][] = [
		["operation", { ...change, operation: operationId(context, null, []) }],
		["revision", { ...change, base: { ...change.base, revision: 4 } }],
		["head", { ...change, base: { ...change.base, head: "i" } }],
		["a header left out", { ...change, header: null }],
		["a link left out", { ...change, header: { vault: ["v"], environment: [] } }],
		["a link moved", { ...change, header: { vault: ["v", "e"], environment: [] } }],
		["a record left out", { ...change, records: ["r"] }],
		["records swapped", { ...change, records: ["s", "r"] }],
		["records joined", { ...change, records: ["rs"] }],
		["author", { ...change, author: other.publicKeys.sign }],
		["author that is no key", { ...change, author: "junk!" }],
		["signature", { ...change, signature: makeChange(context, change.base, change, other).signature }],
		["empty signature", { ...change, signature: "" }],
	];
	test.each(forgeries)("refuses another %s", (_, forgery) => {
		expect(isAuthenticChange(context, forgery)).toBe(false);
	});
});

describe("the log's heads", () => {
	test("begin with another head for each app, vault and environment", () => {
		const heads = [context, ...others].map((place) => emptyHead(place));
		expect(new Set(heads.map((each) => each.head)).size).toBe(heads.length);
		expect(heads.every(({ revision }) => revision === 0)).toBe(true);
	});

	test("depend on all earlier changes and their order", () => {
		const changes = ["a", "b", "c"].map((record) =>
			makeChange(context, emptyHead(context), { header: null, records: [record] }, author),
		);
		const follow = (order: readonly number[]) =>
			order.reduce(
				(before, index) => nextHead(before, changes[index] ?? expect.unreachable()),
				emptyHead(context),
			);
		const orders = [[], [0], [1], [0, 1], [1, 0], [0, 1, 2], [0, 2, 1], [2, 1, 0], [0, 0], [0, 1, 1]];
		expect(new Set(orders.map((order) => follow(order).head)).size).toBe(orders.length);
		for (const order of orders) expect(follow(order).revision).toBe(order.length);
	});

	test("depend on the parts of a change that its operation id does not cover", () => {
		const content = { header: null, records: ["r"] };
		const change = makeChange(context, { revision: 1, head: "h" }, content, author);
		const before = emptyHead(context);
		const heads = [
			change,
			{ ...change, signature: "other" },
			{ ...change, author: other.publicKeys.sign },
			{ ...change, base: { revision: 2, head: "h" } },
			{ ...change, base: { revision: 1, head: "i" } },
		].map((each) => nextHead(before, each).head);
		expect(new Set(heads).size).toBe(heads.length);
	});
});
