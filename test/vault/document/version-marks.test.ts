import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linkHash } from "../../../src/vault/chains/chain.ts";
import {
	advanceVersionMarks,
	checkPin,
	compareVersionMarks,
	hasVersionMark,
	type Pin,
	type VersionMark,
} from "../../../src/vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../../src/vault/records/record.ts";
import { refusal } from "../../support/refusal.ts";
import { bob, carol, PRODUCTION, VaultMaker } from "../maker.ts";

function pinOf(maker: VaultMaker): Pin {
	const { state } = maker.verified();
	return {
		vault: maker.document.links.map(linkHash),
		environment: maker.section().links.map(linkHash),
		epoch: state.epoch.number,
	};
}

const linksOf = (maker: VaultMaker) => ({ vault: maker.document.links, environment: maker.section().links });

describe("checkPin", () => {
	test("accepts a chain that continues the pin, and reports one that is older", () => {
		const maker = new VaultMaker();
		const young = { pin: pinOf(maker), links: linksOf(maker) };
		maker.add(bob, "writer", "bob").environment("preview");
		const old = { pin: pinOf(maker), links: linksOf(maker) };
		expect(checkPin(young.pin, PRODUCTION, young.links)).toEqual({ older: false });
		expect(checkPin(young.pin, PRODUCTION, old.links)).toEqual({ older: false });
		expect(checkPin(old.pin, PRODUCTION, young.links)).toEqual({ older: true });
	});

	test("refuses another vault, even one of the same owner", () => {
		const error = refusal(() => checkPin(pinOf(new VaultMaker()), PRODUCTION, linksOf(new VaultMaker())));
		expect(error).toMatchObject({ code: "VAULT_REPLACED", exit: 7 });
	});

	test("refuses a chain that forked, however long", () => {
		const maker = new VaultMaker();
		const start = maker.document;
		maker.add(bob, "writer", "bob");
		const pin = pinOf(maker);
		maker.document = start;
		maker.add(carol, "reader", "carol").add(bob, "writer", "bob");
		expect(refusal(() => checkPin(pin, PRODUCTION, linksOf(maker)))).toMatchObject({
			code: "MEMBERSHIP_DIVERGED",
			exit: 7,
		});
	});
});

describe("marks", () => {
	const history: SealedRecord[] = [];
	const maker = new VaultMaker();
	for (const value of ["one", "two", undefined, "four"]) {
		maker.set("NAME", value);
		const record = maker.section().records.get("NAME");
		if (record) history.push(record);
	}

	test("every older version of a record, and a missing record, is reported by name", () => {
		const marks = new Map<string, VersionMark>();
		for (const [index, record] of history.entries()) {
			advanceVersionMarks(marks, [record]);
			for (const [other, older] of history.entries()) {
				const { rolledBack, dropped } = compareVersionMarks(marks, new Map([["NAME", older]]));
				expect(rolledBack).toEqual(other < index ? ["NAME"] : []);
				expect(dropped).toEqual([]);
			}
			expect(compareVersionMarks(marks, new Map())).toEqual({ rolledBack: [], dropped: ["NAME"] });
		}
	});

	test("never decrease, whatever the order of the records", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1 }), (order) => {
				const marks = new Map<string, VersionMark>();
				for (const index of order) advanceVersionMarks(marks, history.slice(index, index + 1));
				expect(marks.get("NAME")?.version).toBe(Math.max(...order) + 1);
			}),
		);
	});

	test("match exactly the record that was verified", () => {
		const marks = new Map<string, VersionMark>();
		const [first, second] = history;
		if (!first || !second) throw new Error("no history");
		advanceVersionMarks(marks, [first]);
		expect(hasVersionMark(marks, first)).toBe(true);
		expect(hasVersionMark(marks, second)).toBe(false);
		expect(hasVersionMark(marks, { ...first, body: second.body })).toBe(false);
		expect(hasVersionMark(marks, { ...first, name: "OTHER" })).toBe(false);
	});

	test("a digest depends on where the name ends and the body begins", () => {
		const [record] = history;
		if (!record) throw new Error("no history");
		expect(recordDigest({ name: "AB", body: "C" })).not.toBe(recordDigest({ name: "A", body: "BC" }));
		expect(recordDigest(record)).toMatch(/^[\w-]{43}$/);
	});
});
