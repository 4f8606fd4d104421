import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptChange } from "../../../../src/platform/apps/accept-change.ts";
import { AppFold } from "../../../../src/platform/apps/state/app-state.ts";
import type { AppEvent } from "../../../../src/platform/events/events.ts";
import type { Deployment } from "../../../../src/platform/functions/function.ts";
import { type LogEntry, nextHead } from "../../../../src/protocol/change.ts";
import type { Reference } from "../../../../src/references/evidence/reference.ts";
import { parseRecordText, type SealedRecord } from "../../../../src/vault/records/record.ts";
import { newTestIdentity, TestVault } from "../../fixtures/vault.ts";

const APP = "shop";
const platform = newTestIdentity();
const vault = new TestVault().add(platform, "reader", "platform");

/** A log whose entries were really accepted. */
function logOf(...changes: readonly (readonly SealedRecord[])[]): { fold: AppFold; entries: LogEntry[] } {
	const fold = new AppFold(vault.context(APP));
	const entries = changes.map((records, index) => {
		const header = index === 0 ? vault.header : null;
		const decision = acceptChange(fold, vault.change(APP, fold.head, records, { header }), platform);
		if (!("entry" in decision)) throw new Error("Not accepted.");
		fold.applyAccepted(decision.entry, decision.header, decision.records);
		return decision.entry;
	});
	return { fold, entries };
}

function refold(entries: readonly LogEntry[]): AppFold {
	const fold = new AppFold(vault.context(APP));
	for (const entry of entries) fold.applyEntry(JSON.parse(JSON.stringify(entry)) as LogEntry);
	return fold;
}

const reference = (name: string, how: Reference["how"]): Reference => ({ name, file: "a.ts", line: 1, how });

function deployment(name: string, id: string, ...reads: string[]): Deployment {
	const references = reads.map((read) => reference(read, "static"));
	return { id, function: name, bundle: "b", sourceMap: "m", source: "s", references, dynamic: [] };
}

describe("the log of an app", () => {
	test("gives the same state when it is read from the store as when it was appended", () => {
		const step = fc.record({ name: fc.constantFrom("A", "B", "C"), isDeleted: fc.boolean() });
		fc.assert(
			fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
				const versions = new Map<string, number>();
				const changes = steps.map(({ name, isDeleted }) => {
					versions.set(name, (versions.get(name) ?? 0) + 1);
					return [vault.record(name, versions.get(name) ?? 1, isDeleted ? undefined : "v")];
				});
				const { fold, entries } = logOf([], ...changes);
				const again = refold(entries);
				expect(again).toEqual(fold);
				expect(again.head.revision).toBe(steps.length + 1);
			}),
			{ numRuns: 20 },
		);
	});

	test.each<[string, (entries: LogEntry[]) => LogEntry[]]>([
		["without its first entry", (entries) => entries.slice(1)],
		["with an entry left out", (entries) => entries.toSpliced(1, 1)],
		["with an entry twice", (entries) => entries.toSpliced(1, 0, ...entries.slice(1, 2))],
		["with two entries in the other order", ([first, second, third]) => [first, third, second] as LogEntry[]],
		[
			"with a record changed",
			(entries) =>
				entries.map((entry, index) => {
					const records = [`B\n${vault.record("B", 1, "forged").body}`];
					return index === 1 ? { ...entry, change: { ...entry.change, records } } : entry;
				}),
		],
		[
			"with a head changed",
			(entries) =>
				entries.map((entry, index) => (index === 2 ? { ...entry, head: entries[0]?.head ?? "" } : entry)),
		],
		[
			"with an author changed",
			(entries) =>
				entries.map((entry, index) => {
					const author = newTestIdentity().publicKeys.sign;
					return index === 2 ? { ...entry, change: { ...entry.change, author } } : entry;
				}),
		],
	])("%s is detected", (_, damage) => {
		const { entries } = logOf(
			[vault.record("A", 1, "a")],
			[vault.record("B", 1, "b")],
			[vault.record("A", 2, "c")],
		);
		expect(() => refold(entries)).not.toThrow();
		expect(() => refold(damage(entries))).toThrow(expect.objectContaining({ code: "LOG_DAMAGED", exit: 7 }));
	});

	/** An entry that an attacker with write access to the store makes, with his own key pair. */
	function appended(
		entries: readonly LogEntry[],
		records: SealedRecord[],
		by = newTestIdentity(),
	): LogEntry[] {
		const last = entries.at(-1);
		if (!last) throw new Error("The log is empty.");
		const change = vault.change(APP, { revision: last.revision, head: last.head }, records, { by });
		return [...entries, { ...nextHead(last, change), change }];
	}

	test("an older record in place of a newer one is detected", () => {
		const old = vault.record("A", 1, "a");
		const { entries } = logOf([old], [vault.record("A", 2, "b")]);
		expect(() => refold(appended(entries, [old]))).toThrow(expect.objectContaining({ code: "LOG_DAMAGED" }));
		expect(() => refold(appended(entries, [vault.record("A", 3, "c")]))).toThrow(
			expect.objectContaining({ code: "LOG_DAMAGED" }),
		);
		expect(() => refold(appended(entries, [old], vault.writer))).toThrow(
			expect.objectContaining({ code: "LOG_DAMAGED" }),
		);
		expect(() => refold(appended(entries, [vault.record("A", 3, "c")], vault.writer))).not.toThrow();
	});

	test("a missing end is detected if the platform has applied the missing entries", () => {
		const { entries } = logOf([vault.record("A", 1, "a")], [vault.record("A", 2, "b")]);
		const operation = entries[1]?.change.operation ?? "";
		const event: AppEvent = { type: "redeployed", operation, results: [], untouched: [], atMs: 0 };
		expect(() => refold(entries).applyEvent(event)).not.toThrow();
		expect(() => refold(entries.slice(0, 1)).applyEvent(event)).toThrow(
			expect.objectContaining({ code: "LOG_DAMAGED", exit: 7 }),
		);
	});

	test("reports which names changed", () => {
		const { fold } = logOf(
			[vault.record("A", 1, "a"), vault.record("B", 1, "b")],
			[vault.record("A", 2, "a2")],
			[vault.record("B", 2, undefined), vault.record("C", 1, undefined)],
			[vault.record("B", 3, undefined)],
			[vault.record("B", 4, "back")],
		);
		expect(fold.summaries.map(({ changed }) => changed.map(({ name, kind }) => `${kind} ${name}`))).toEqual([
			["set A", "set B"],
			["set A"],
			["deleted B"],
			[],
			["set B"],
		]);
		expect(Object.fromEntries(fold.changedAt)).toEqual({
			A: { changes: 2, local: 0 },
			B: { changes: 5, local: 0 },
		});
	});

	test("a value that is re-encrypted with the same version is stored, and counts as unchanged", () => {
		const { fold } = logOf([vault.record("A", 1, "a")]);
		const resealed = vault.record("A", 1, "a");
		const entry = { revision: 2, head: "h", change: vault.change(APP, fold.head, [resealed]) };
		fold.applyAccepted(entry, undefined, entry.change.records.map(parseRecordText));
		expect(fold.records.get("A")?.body).toBe(resealed.body);
		expect(fold.summaries[1]?.changed).toEqual([]);
		expect(fold.changedAt.get("A")).toEqual({ changes: 1, local: 0 });
	});
});

describe("the platform's events", () => {
	const atMs = 0;
	const deployed = (which: Deployment): AppEvent => ({ type: "deployed", deployment: which, atMs });
	const failed = (which: Deployment): AppEvent => ({
		type: "deploy-failed",
		deployment: which,
		error: "why",
		atMs,
	});

	function fold(...events: AppEvent[]): AppFold {
		const folded = new AppFold(vault.context(APP));
		for (const event of events) folded.applyEvent(event);
		return folded;
	}

	test("do not change the revision", () => {
		const before = new AppFold(vault.context(APP)).head;
		expect(fold(deployed(deployment("f", "d1")), failed(deployment("g", "d2"))).head).toEqual(before);
	});

	test("a deployment replaces the earlier one and its failure", () => {
		const { functions } = fold(failed(deployment("f", "d1")), deployed(deployment("f", "d2", "A")));
		expect(functions.get("f")).toMatchObject({ deployment: deployment("f", "d2", "A"), error: undefined });
	});

	test("a failed deployment keeps a version that ran, and replaces a version that never ran", () => {
		const after = fold(deployed(deployment("f", "d1")), failed(deployment("f", "d2")));
		expect(after.functions.get("f")?.deployment.id).toBe("d1");
		const first = fold(failed(deployment("f", "d1")), failed(deployment("f", "d2")));
		expect(first.functions.get("f")).toMatchObject({ deployment: { id: "d2" }, error: "why" });
	});

	test("an observed name is added to the references of its deployment once", () => {
		const observed = (id: string): AppEvent => ({
			type: "observed",
			function: "f",
			deployment: id,
			seen: ["B", "A"],
			references: [reference("A", "observed"), reference("B", "observed")],
			atMs,
		});
		const { functions } = fold(
			deployed(deployment("f", "d1", "A")),
			observed("d1"),
			observed("d1"),
			observed("d0"),
		);
		expect(functions.get("f")?.deployment.references).toEqual([
			reference("A", "static"),
			reference("B", "observed"),
		]);
		expect(functions.get("f")?.deployment.seen).toEqual(["A", "B"]);
	});

	test("a deleted function is removed, and a later function of its name is a new one", () => {
		const gone: AppEvent = { type: "deleted", functions: ["f", "g"], atMs };
		expect([...fold(deployed(deployment("f", "d1")), gone).functions]).toEqual([]);
		expect(fold(deployed(deployment("f", "d1")), gone, deployed(deployment("f", "d2"))).functions.size).toBe(
			1,
		);
	});

	test("the results of a change are kept with its operation", () => {
		const { fold: folded, entries } = logOf([vault.record("A", 1, "a")]);
		const operation = entries[0]?.change.operation ?? "";
		const results = [{ function: "f", status: "live" as const, ms: 5, reasons: [] }];
		folded.applyEvent({ type: "redeployed", operation, results, untouched: ["g"], atMs });
		expect(folded.operations.get(operation)?.redeployed).toEqual({ results, untouched: ["g"] });
	});
});
